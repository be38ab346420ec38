package gormsession

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/seed7368b609/gormsession/internal/changes"
	"github.com/seed7368b609/gormsession/internal/jsontext"
	"github.com/seed7368b609/gormsession/internal/lifetime"
)

// Get returns the entry of that name, or nil if there is none.
func (s *State) Get(name string) any {
	v, _ := s.Lookup(name)
	return v
}

// Lookup returns the entry of that name, and whether there is one.
func (s *State) Lookup(name string) (any, bool) {
	raw, ok := s.entry(name)
	if !ok {
		return nil, false
	}
	return s.decoded(name, raw), true
}

// Has reports whether there is an entry of that name.
func (s *State) Has(name string) bool {
	_, ok := s.entry(name)
	return ok
}

// entry returns the text of an entry, and whether there is one.
func (s *State) entry(name string) (json.RawMessage, bool) {
	s = s.look()
	defer s.mu.Unlock()
	s.load()
	raw, ok := s.entries[utf8Name(name)]
	return raw, ok
}

// Keys returns the names of all entries, sorted. As in Django, those that the library keeps are
// among them, here, in Len and in All: _session_expiry where the session has an expiry of its own,
// _flashes while messages wait, _user and _session_start after a LogIn, and those of options.
func (s *State) Keys() []string {
	s = s.look()
	defer s.mu.Unlock()
	s.load()
	return slices.Sorted(maps.Keys(s.entries))
}

// Len returns the number of entries.
func (s *State) Len() int {
	s = s.look()
	defer s.mu.Unlock()
	s.load()
	return len(s.entries)
}

// All iterates over names and values, sorted by name, as they are when the iteration begins. The
// session may be changed meanwhile.
func (s *State) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		entries := s.copied()
		for _, name := range slices.Sorted(maps.Keys(entries)) {
			if !yield(name, s.decoded(name, entries[name])) {
				return
			}
		}
	}
}

// copied returns the texts of all entries, in a map of the caller's own.
func (s *State) copied() map[string]json.RawMessage {
	s = s.look()
	defer s.mu.Unlock() // also where a callback panics
	s.load()
	return maps.Clone(s.entries)
}

// Decode decodes the entry of that name into v, as [json.Unmarshal] does. If there is none, v stays
// as it is and the error is nil. An entry of another type is an error, and so is a session that
// could not be loaded.
func (s *State) Decode(name string, v any) error {
	raw, err := s.raw(name)
	if err != nil || raw == nil {
		return err
	}
	if err := json.Unmarshal(
		raw, v,
	); err != nil { // without the lock: v's own method may ask the session
		return fmt.Errorf("gormsession: entry %q: %w", name, err)
	}
	return nil
}

// raw returns the text of an entry, nil if there is none.
func (s *State) raw(name string) (json.RawMessage, error) {
	s = s.look()
	defer s.mu.Unlock()
	if !s.load() {
		if s.err != nil {
			return nil, s.err
		}
		return nil, ErrClosed
	}
	return s.entries[utf8Name(name)], nil
}

// Set gives the entry of that name a value: anything that encoding/json encodes, nested 500 levels
// deep at most. A value that it does not encode sets the sticky error, [ErrEncode], and so does a
// name that is the library's own, [ErrReserved]. Where two requests set the same entry at once, the
// one that is saved last wins; entries of other names are not affected.
func (s *State) Set(name string, value any) {
	raw, err := encodeEntry(name, value) // without the lock: value's own method may ask the session
	s = s.enter()
	defer s.mu.Unlock()
	s.set(name, raw, err)
}

// set sets an entry to an encoded value, or the sticky error.
func (s *State) set(name string, raw json.RawMessage, err error) {
	if err != nil {
		s.refuse(name, err)
		return
	}
	s.change(name, changes.Set(utf8Name(name), raw))
}

// refuse sets the sticky error of a write that cannot be done.
func (s *State) refuse(name string, err error) {
	if s.writable(name) {
		s.fail(err)
	}
}

// SetAll sets each entry of values, as Set does. The session counts as modified even if there is
// none.
func (s *State) SetAll(values map[string]any) {
	names := slices.Sorted(maps.Keys(values))
	raws, errs := make([]json.RawMessage, len(names)), make([]error, len(names))
	for i, name := range names {
		raws[i], errs[i] = encodeEntry(name, values[name])
	}
	s = s.enter()
	defer s.mu.Unlock()
	if !s.writable("") {
		return
	}
	s.c = s.c.Change()
	for i, name := range names {
		s.set(name, raws[i], errs[i])
	}
}

// GetOrSet returns the entry of that name, which it sets to value if there is none. If another
// request has set it meanwhile, that one's value is what is stored.
func (s *State) GetOrSet(name string, value any) any {
	raw, err := encodeEntry(name, value)
	if raw = s.getOrSet(name, raw, err); raw == nil {
		return nil
	}
	return s.decoded(name, raw)
}

func (s *State) getOrSet(name string, raw json.RawMessage, err error) json.RawMessage {
	s = s.enter()
	defer s.mu.Unlock()
	if !s.loadPrimary() {
		return nil
	}
	there, ok := s.entries[utf8Name(name)]
	switch {
	case ok && !errors.Is(err, ErrReserved):
		return there
	case err != nil:
		s.refuse(name, err)
	case s.change(name, changes.Default(utf8Name(name), raw)):
		return raw
	}
	return nil
}

// Delete removes the entry of that name and reports whether there was one.
func (s *State) Delete(name string) bool {
	_, ok := s.pop(name)
	return ok
}

// Pop removes the entry of that name and returns what it was, and whether there was one.
func (s *State) Pop(name string) (any, bool) {
	raw, ok := s.pop(name)
	if !ok {
		return nil, false
	}
	return s.decoded(name, raw), true
}

func (s *State) pop(name string) (json.RawMessage, bool) {
	s = s.enter()
	defer s.mu.Unlock()
	if err := reserved(name); err != nil {
		s.refuse(name, err)
		return nil, false
	}
	if !s.loadPrimary() {
		return nil, false
	}
	raw, ok := s.entries[utf8Name(name)]
	return raw, ok && s.change(name, changes.Delete(utf8Name(name)))
}

// Clear removes all entries, an expiry of the session's own and the user's login among them. The
// session keeps its key, and its absolute lifetime; [State.Flush] ends it. Entries that another
// request sets at the same time stay.
func (s *State) Clear() {
	s = s.enter()
	defer s.mu.Unlock()
	if s.loadPrimary() {
		names := slices.DeleteFunc(slices.Collect(maps.Keys(s.entries)), func(name string) bool {
			return name == lifetime.StartEntry || name == rotationEntry
		})
		s.change("", changes.Delete(names...))
	}
}

// reserved is the error of a change, from outside, to an entry of the library's own.
func reserved(name string) error {
	switch name {
	case lifetime.Entry, lifetime.StartEntry, flashEntry, userEntry, deviceEntry,
		rotationEntry:
		return fmt.Errorf("%w: %s", ErrReserved, name)
	}
	return nil
}

// encodeEntry encodes a value for an entry that the application has named.
func encodeEntry(name string, value any) (json.RawMessage, error) {
	if err := reserved(name); err != nil {
		return nil, err
	}
	return encode(name, value)
}

func encode(name string, value any) (json.RawMessage, error) {
	raw, err := jsontext.Encode(value)
	if err != nil {
		return nil, fmt.Errorf("%w: entry %q: %w: store what encoding/json encodes", ErrEncode, name, err)
	}
	return raw, nil
}

// decoded decodes an entry. Its text is valid JSON, or the codec would not have let it pass; a
// codec that does is reported.
func (s *State) decoded(name string, raw json.RawMessage) any {
	v, err := jsontext.Value(raw)
	if err != nil {
		s.p.opts.log().Warn("gormsession: an entry cannot be decoded", "entry", name, "error", err)
	}
	return v
}

// utf8Name is a name as JSON can hold it.
func utf8Name(name string) string { return strings.ToValidUTF8(name, "\uFFFD") }
