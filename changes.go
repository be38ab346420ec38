package gormsession

import (
	"encoding/json"
	"maps"
)

// A changeLog is what one request did to the entries of its session, in order. Replayed on what
// another request has saved meanwhile, it gives what both did.
type changeLog []change

// A change is one step. It edits the entries in place; an error ends the replay.
type change struct {
	apply func(entries map[string]json.RawMessage) error
	// relative: the result depends on what is there, so doing it twice is not the same as doing it
	// once.
	relative bool
}

// relative tells whether any step of the log must not be done twice.
func (log changeLog) relative() bool {
	for _, c := range log {
		if c.relative {
			return true
		}
	}
	return false
}

// replay applies the log to a copy of entries.
func (log changeLog) replay(
	entries map[string]json.RawMessage,
) (map[string]json.RawMessage, error) {
	out := make(map[string]json.RawMessage, len(entries)+len(log))
	maps.Copy(out, entries)
	for _, c := range log {
		if err := c.apply(out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// setChange gives an entry a value, whatever it was.
func setChange(name string, raw json.RawMessage) change {
	return change{apply: func(entries map[string]json.RawMessage) error {
		entries[name] = raw
		return nil
	}}
}

// defaultChange gives an entry a value if it has none: a value that somebody else has set meanwhile
// is kept.
func defaultChange(name string, raw json.RawMessage) change {
	return change{apply: func(entries map[string]json.RawMessage) error {
		if _, ok := entries[name]; !ok {
			entries[name] = raw
		}
		return nil
	}}
}

// deleteChange removes entries: one for Delete and Pop; for Clear those that the request knew of,
// but none that it never saw.
func deleteChange(names ...string) change {
	return change{apply: func(entries map[string]json.RawMessage) error {
		for _, name := range names {
			delete(entries, name)
		}
		return nil
	}}
}

// A modifier computes an entry from what it is. ok tells whether there is one; a nil result removes
// it.
type modifier func(old json.RawMessage, ok bool) (json.RawMessage, error)

// modifyChange gives an entry what f computes.
func modifyChange(name string, f modifier) change {
	return change{relative: true, apply: func(entries map[string]json.RawMessage) error {
		return modify(entries, name, f)
	}}
}

func modify(entries map[string]json.RawMessage, name string, f modifier) error {
	old, ok := entries[name]
	raw, err := f(old, ok)
	if err == nil {
		put(entries, name, raw)
	}
	return err
}

// put gives an entry a value, or removes it where that is nil.
func put(entries map[string]json.RawMessage, name string, raw json.RawMessage) {
	if raw == nil {
		delete(entries, name)
	} else {
		entries[name] = raw
	}
}
