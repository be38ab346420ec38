package gormsession

import (
	"encoding/json"
	"maps"

	"github.com/seed7368b609/gormsession/internal/changes"
	"github.com/seed7368b609/gormsession/internal/verdict"
)

// change does one step to the entries and notes it in the log. mu is held.
func (s *State) change(name string, c changes.Change) bool {
	return s.writable(name) && s.do(c.Apply, c)
}

// do is change by apply, in the place of what the log is to do. mu is held.
func (s *State) do(apply func(map[string]json.RawMessage) error, c changes.Change) bool {
	if s.entries == nil {
		s.entries = make(map[string]json.RawMessage)
	} else if len(s.log) == 0 {
		s.entries = maps.Clone(s.entries) // those of the row stay as they were loaded
	}
	err := apply(s.entries)
	if err == nil {
		err = s.admit(s.entries, s.row.Entries)
	}
	if err != nil {
		s.fail(err)
		return false
	}
	s.log = append(s.log, c)
	s.c = s.c.Change()
	return true
}

// writable loads, and reports whether a write can be done.
func (s *State) writable(name string) bool { return !s.barred() && s.open(name) }

// open is writable for what has come in.
func (s *State) open(name string) bool {
	if s.phase == closed {
		s.tooLate(name)
		return false
	}
	s.depend(verdict.Read)
	return s.fetch(primary) && s.err == nil
}

func (s *State) tooLate(name string) {
	if s.said.first("a write after the end") {
		_ = s.lend(func() error {
			s.p.opts.log().
				Error("gormsession: a write to a session after its request was dropped; "+
					"open it with Plugin.Open in what outlives the request",
					"session", s.handle(), "entry", name, "error", ErrClosed)
			return nil
		})
	}
}
