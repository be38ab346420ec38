package plainmodel

import (
	"maps"
	"slices"
)

// stored notes that nothing is left to be saved.
func (s *Session) stored() { s.changed, s.renewal, s.insists, s.log = false, false, false, nil }

// saved notes what the row holds now.
func (s *Session) saved(m moment, at Place, row Row) {
	s.stored()
	s.known, s.unreadable, s.newKey = true, false, false
	s.at, s.key, s.row, s.entries = at, at.Key, row, maps.Clone(row.Entries)
	s.over = !row.Ends.After(s.w.Now)
	if m != explicit && !s.owed && !s.untold {
		s.alive, s.moved = true, false
	}
}

// made is what a row is to hold: what it held is kept where the entries are the same.
func (s *Session) made(from Row, entries entry, mark int) Row {
	to := Row{Entries: entries, Mark: from.Mark, Note: s.note(entries)}
	if !maps.Equal(entries, from.Entries) {
		if to.Mark = mark; mark == 0 && from.Mark > 0 {
			to.Mark = s.w.mark() // no earlier text comes back
		}
		if len(entries) == 0 {
			to.Mark = 0 // there is nothing to carry it
		}
	}
	to.Ends = s.ends(s.lifetimeOf(entries), s.w.Now)
	return to
}

func (s *Session) note(entries entry) string {
	if !s.Noted {
		return ""
	}
	return entries["b"]
}

// unchanged tells whether to save it would change nothing.
func (s *Session) unchanged() bool {
	return maps.Equal(s.entries, s.row.Entries) && (s.over || s.row.Ends.After(s.w.Now)) &&
		s.ends(s.lifetimeOf(s.entries), s.w.Now).Equal(s.row.Ends)
}

// again is what this request has done, done once more on what another one has saved.
func (s *Session) again(on Row) (entry, Error) {
	entries := maps.Clone(on.Entries)
	if entries == nil {
		entries = entry{}
	}
	for _, e := range s.log {
		if err := e.do(entries); err != NoError {
			return nil, err
		}
	}
	return entries, NoError
}

// alike tells whether to do it twice is as good as once.
func (s *Session) alike() bool {
	return !slices.ContainsFunc(s.log, func(e edit) bool { return !e.twice })
}

// counts tells whether a row still is the session's at this commit: it has not ended, unless this
// request has let it end.
func (s *Session) counts(row Row) bool { return s.over || row.Ends.After(s.w.Now) }
