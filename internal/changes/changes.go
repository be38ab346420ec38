// Package changes holds what a request does to the entries of its session, so that it can be done
// again on what another request has saved meanwhile.
package changes

import (
	"encoding/json"
	"maps"
)

// A Log is what one request did to the entries of its session, in order. Replayed on what
// another request has saved meanwhile, it gives what both did.
type Log []Change

// A Change is one step. It edits the entries in place; an error ends the replay.
type Change struct {
	Apply func(entries map[string]json.RawMessage) error
	// IsRelative: the result depends on what is there, so doing it twice is not the same as doing
	// it once.
	IsRelative bool
}

// Relative tells whether any step of the log must not be done twice.
func (log Log) Relative() bool {
	for _, c := range log {
		if c.IsRelative {
			return true
		}
	}
	return false
}

// Replay applies the log to a copy of entries.
func (log Log) Replay(
	entries map[string]json.RawMessage,
) (map[string]json.RawMessage, error) {
	out := make(map[string]json.RawMessage, len(entries)+len(log))
	maps.Copy(out, entries)
	for _, c := range log {
		if err := c.Apply(out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Set gives an entry a value, whatever it was.
func Set(name string, raw json.RawMessage) Change {
	return Change{Apply: func(entries map[string]json.RawMessage) error {
		entries[name] = raw
		return nil
	}}
}

// Default gives an entry a value if it has none: a value that somebody else has set meanwhile
// is kept.
func Default(name string, raw json.RawMessage) Change {
	return Change{Apply: func(entries map[string]json.RawMessage) error {
		if _, ok := entries[name]; !ok {
			entries[name] = raw
		}
		return nil
	}}
}

// Delete removes entries: one for Delete and Pop; for Clear those that the request knew of,
// but none that it never saw.
func Delete(names ...string) Change {
	return Change{Apply: func(entries map[string]json.RawMessage) error {
		for _, name := range names {
			delete(entries, name)
		}
		return nil
	}}
}

// A Modifier computes an entry from what it is. ok tells whether there is one; a nil result removes
// it.
type Modifier func(old json.RawMessage, ok bool) (json.RawMessage, error)

// By gives an entry what f computes.
func By(name string, f Modifier) Change {
	return Change{IsRelative: true, Apply: func(entries map[string]json.RawMessage) error {
		return Modify(entries, name, f)
	}}
}

// Modify gives the entry of that name what f computes, now.
func Modify(entries map[string]json.RawMessage, name string, f Modifier) error {
	old, ok := entries[name]
	raw, err := f(old, ok)
	if err == nil {
		Put(entries, name, raw)
	}
	return err
}

// Put gives an entry a value, or removes it where that is nil.
func Put(entries map[string]json.RawMessage, name string, raw json.RawMessage) {
	if raw == nil {
		delete(entries, name)
	} else {
		entries[name] = raw
	}
}
