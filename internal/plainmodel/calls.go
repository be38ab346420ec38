package plainmodel

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What handlers call. Values are JSON texts, "" for none.

// Get returns an entry.
func (s *Session) Get(name string) string {
	s.load()
	return s.entries[name]
}

// Keys are the names of the entries.
func (s *Session) Keys() []string {
	s.load()
	return slices.Sorted(maps.Keys(s.entries))
}

// Set sets an entry.
func (s *Session) Set(name, text string) {
	s.change(always(func(e entry) { e[name] = text }))
}

// Refused is a write that cannot be done: of what cannot be encoded, or of a reserved name.
func (s *Session) Refused(err Error) { s.refuse(err) }

// SetNothing is SetAll of no entries: it counts as a change.
func (s *Session) SetNothing() {
	if s.writable() {
		s.changed, s.modified = true, true
	}
}

// GetOrSet sets an entry that is not there, and returns it.
func (s *Session) GetOrSet(name, text string) string {
	if !s.load() {
		return ""
	}
	if there, ok := s.entries[name]; ok {
		return there
	}
	if s.change(always(func(e entry) {
		if _, ok := e[name]; !ok {
			e[name] = text
		}
	})) {
		return text
	}
	return ""
}

// Pop removes an entry and returns it.
func (s *Session) Pop(name string) string {
	if !s.load() {
		return ""
	}
	text, ok := s.entries[name]
	if ok && !s.change(always(func(e entry) { delete(e, name) })) {
		return ""
	}
	return text
}

// Clear removes the entries that the request knows of.
func (s *Session) Clear() {
	if !s.load() {
		return
	}
	known := slices.Collect(maps.Keys(s.entries))
	s.change(always(func(e entry) {
		for _, name := range known {
			delete(e, name)
		}
	}))
}

// Increment is a Modify that counts, which an entry that is no number does not let be done.
func (s *Session) Increment(name string) string {
	if !s.change(edit{func(e entry) Error {
		n := 0
		if text, ok := e[name]; ok {
			var err error
			if n, err = strconv.Atoi(text); err != nil {
				return Encode
			}
		}
		e[name] = strconv.Itoa(n + 1)
		return NoError
	}, false}) {
		return "0"
	}
	return s.entries[name]
}

// Flash adds a message.
func (s *Session) Flash(text string) {
	s.change(once(func(e entry) { put(e, append(listed(e[flashEntry]), text)) }))
}

// Flashes returns the messages and removes them.
func (s *Session) Flashes() string {
	if !s.load() || s.entries[flashEntry] == "" {
		return ""
	}
	taken := listed(s.entries[flashEntry])
	if !s.change(once(func(e entry) {
		left := listed(e[flashEntry])
		for _, message := range taken {
			if i := slices.Index(left, message); i >= 0 {
				left = slices.Delete(left, i, i+1)
			}
		}
		put(e, left)
	})) {
		return ""
	}
	return strings.Join(taken, ",")
}

// SetExpiry gives the session a lifetime of its own, counted from its last save on.
func (s *Session) SetExpiry(d time.Duration) {
	s.Set(expiryEntry, strconv.Itoa(int(d/time.Second)))
}

// SetExpiryAt lets it end at an instant.
func (s *Session) SetExpiryAt(at time.Time) {
	s.Set(expiryEntry, `"`+at.UTC().Format(instantForm)+`"`)
}

// ResetExpiry gives it the standard lifetime.
func (s *Session) ResetExpiry() { s.Pop(expiryEntry) }

// Touch wants the expiry renewed.
func (s *Session) Touch() { s.touched, s.renewal, s.renewed = true, true, true }

// CycleKey wants another key.
func (s *Session) CycleKey() {
	if s.writable() {
		s.changed, s.modified, s.newKey = true, true, true
	}
}

// Flush ends the session, also one that was not looked up, and all of several.
func (s *Session) Flush() {
	before := len(s.doomed)
	switch {
	case len(s.keys) > 0:
		if s.crowd {
			s.w.say("several cookies")
		}
		s.doomed = append(s.doomed, s.keys...)
		if s.known && s.key != "" {
			s.doomed = append(s.doomed, s.key)
		}
	case s.key != "":
		s.doomed = append(s.doomed, s.key)
	case s.unreadable:
		s.doomed = append(s.doomed, s.brought)
	}
	*s = Session{
		w: s.w, Settings: s.Settings, present: s.present, brought: s.brought,
		doomed: s.doomed, gaveUp: s.gaveUp && len(s.doomed) == before,
		known: true, read: true, flushed: true, modified: true, discarded: s.discarded, err: s.err,
		sent: s.sent, broken: s.broken, unsaid: s.unsaid,
	}
}

// Discard takes back what was changed, and lets nothing more be saved.
func (s *Session) Discard() {
	s.entries, s.log, s.discarded = maps.Clone(s.row.Entries), nil, true
	s.changed, s.newKey = false, false
	s.modified = s.flushed
	s.touched, s.renewal, s.renewed = false, false, false
	if s.err.misuse() {
		s.err = NoError
	}
}

// Load looks the session up now.
func (s *Session) Load() Error {
	s.load()
	return s.err
}

// Err is the error that sticks.
func (s *Session) Err() Error { return s.err }

// IsModified tells whether it was changed or touched.
func (s *Session) IsModified() bool { return s.modified || s.touched }

// IsRead tells whether the data was asked for.
func (s *Session) IsRead() bool { return s.read }

// Which tells of the key: "none", "brought", or "new".
func (s *Session) Which() string {
	s.identify()
	switch {
	case s.key != "" && s.newKey:
		return "new"
	case s.key == "", len(s.keys) > 0 && !s.known:
		return "none"
	case s.key == s.brought:
		return "brought"
	}
	return "new"
}

// IsNew tells whether it has no row.
func (s *Session) IsNew() bool {
	s.identify()
	return s.key == ""
}

// IsEmpty tells whether it has neither a row nor entries.
func (s *Session) IsEmpty() bool {
	s.identify()
	return s.key == "" && len(s.entries) == 0
}

// identify is asked whose session it is: only of several keys that needs a look.
func (s *Session) identify() {
	s.depends(false)
	if len(s.keys) > 0 {
		s.look()
	}
}
