package gormsession

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/seed7368b609/gormsession/internal/changes"
	"github.com/seed7368b609/gormsession/internal/jsontext"
)

// Modify computes the entry of that name from what it is, nil if there is none, and returns what it
// has become. It is exact under concurrency: where somebody else has changed the entry meanwhile,
// in this request or in another one, f runs again on what that one has left. So f must be short and
// without effects of its own. It may read the session, and then sees what the entry is computed
// from, but not change or save it: that sets the sticky error, [ErrReentrant]. A goroutine that f
// waits for may read it too; one that changes it waits for f in turn while a save runs f again,
// until the time of [WithTimeout] is over, which sets that error. f should not use the database.
//
// What Modify returns is what this request has seen: where f runs again, as in a save, something
// else is stored. Once [State.Save] or [State.SaveIn] has returned, [State.Get] has that, and so
// has a variable that f sets.
func (s *State) Modify(name string, f func(old any) any) any {
	raw := s.modify(name, func(old json.RawMessage, ok bool) (json.RawMessage, error) {
		var v any
		if ok {
			var err error
			if v, err = jsontext.Value(old); err != nil {
				return nil, fmt.Errorf("%w: entry %q: %w", ErrEncode, name, err)
			}
		}
		return encode(name, f(v))
	})
	if raw == nil {
		return nil
	}
	return s.decoded(name, raw)
}

// restless is how often a function of Modify's runs, in one call, on an entry that has changed
// whenever it is done. Each time somebody else's change was made.
const restless = 10_000

// modify does a step that depends on what the entry is, and returns what it has become. f runs
// without the lock, and its result counts if the entry still is what it was computed from.
func (s *State) modify(name string, f changes.Modifier) json.RawMessage {
	s = s.enter()
	defer s.mu.Unlock()
	if err := reserved(name); err != nil {
		s.refuse(name, err)
		return nil
	}
	if !s.writable(name) || !s.loadPrimary() {
		return nil
	}
	entry := utf8Name(name)
	for range restless {
		old, ok := s.entries[entry]
		raw, err := s.aside(f, old, ok)
		if !s.open(name) {
			return nil
		}
		if now, there := s.entries[entry]; there != ok || !bytes.Equal(now, old) {
			continue
		}
		if !s.do(func(entries map[string]json.RawMessage) error {
			if err == nil {
				changes.Put(entries, entry, raw)
			}
			return err
		}, s.modifyAgain(entry, f)) {
			return nil
		}
		return raw
	}
	s.fail(errRestless)
	return nil
}
