package plainmodel

import "slices"

// update saves what was changed. Where another request has saved meanwhile, what this one did is
// done again on that.
func (s *Session) update(m moment) Error {
	was := s.row
	mark := 0
	if !s.alike() {
		mark = s.w.mark()
	}
	u := s.rewriting(s.at, s.at, mark)
	err := s.w.settle(u.save, u.lookAgain)
	if err == Interrupted {
		err = s.follow(err)
	}
	if err != NoError {
		return err
	}
	s.saved(m, s.at, u.done)
	sameEnd := u.done.Ends.Equal(was.Ends) && u.done.Entries[expiryEntry] == was.Entries[expiryEntry]
	if m == explicit && !sameEnd && !s.owed && !s.untold && !s.alive {
		s.moved = true // a login may come in between
	}
	return NoError
}

// move saves it under a new key.
func (s *Session) move(m moment) Error {
	u := s.rewriting(s.at, Place{s.Table, s.w.NewKey()}, 0)
	err := s.w.settle(u.save, u.lookForTheNew)
	if err == Interrupted {
		err = s.follow(err)
	}
	if err != NoError {
		return err
	}
	s.saved(m, u.to, u.done)
	if m == explicit {
		s.owed, s.moved = true, false
	}
	return NoError
}

// follow looks whether a row that is gone is in the other table: here it never is.
func (s *Session) follow(err Error) Error {
	if s.Former != "" {
		if _, _, _, fault := s.find(s.key); fault != NoError {
			return fault
		}
	}
	return err
}

// A rewriting is a row on its way to what it is to hold, at the same place or at another one.
type rewriting struct {
	*Session
	from, to   Place
	mark       int // of what must not be done twice
	loaded, is Row // what it must still hold, and what it is to hold
	sent       []Row
	done       Row
}

// rewriting is one that begins with what this request has loaded.
func (s *Session) rewriting(from, to Place, mark int) *rewriting {
	u := &rewriting{Session: s, from: from, to: to, mark: mark, loaded: s.row}
	u.is = u.make(s.row, s.entries)
	return u
}

// make is made, and under another key the text is written anew.
func (u *rewriting) make(from Row, entries entry) Row {
	row := u.made(from, entries, u.mark)
	if u.from != u.to {
		row.Mark = 0
	}
	return row
}

// write writes a row where the other one still holds.
func (u *rewriting) write(still, to Row) (bool, Error) {
	u.done, u.sent = to, append(u.sent, to)
	guard := func(r Row) bool { return sameText(r, still) && u.counts(r) }
	if u.from == u.to {
		return u.w.update(u.from, guard, to)
	}
	return u.w.move(u.from, u.to, guard, to, u.ReplacedRows)
}

// save is the first try.
func (u *rewriting) save() Error {
	missed := false
	if u.w.Bare && u.from == u.to && u.alike() {
		if hit, err := u.write(u.loaded, u.is); err != NoError || hit {
			return err
		}
		missed = true
	}
	return u.w.transact(func() Error {
		if !missed || u.w.WritesFirst {
			if hit, err := u.write(u.loaded, u.is); err != NoError || hit {
				return err
			}
		}
		row, found, err := u.w.read(u.from)
		if err != NoError {
			return err
		}
		if !found || !u.counts(row) {
			return Interrupted
		}
		return u.onto(row)
	})
}

// onto does it again on what the row holds now.
func (u *rewriting) onto(row Row) Error {
	entries, err := u.again(row)
	if err != NoError {
		return err
	}
	to := u.make(row, entries)
	if !u.counts(row) { // only after a lost answer: it may be this save that has ended it
		if !sameText(row, to) || to.Ends.After(u.w.Now) {
			return Interrupted
		}
		to.Ends = row.Ends
	}
	if u.from == u.to && sameText(row, to) && row.Ends.Equal(to.Ends) {
		u.done = to
		return NoError
	}
	_, err = u.write(row, to)
	return err
}

// lookAgain follows a lost answer: the row tells whether it was done.
func (u *rewriting) lookAgain() Error {
	if !u.alike() && slices.ContainsFunc(u.sent, func(r Row) bool { return len(r.Entries) == 0 }) {
		return OutcomeUnknown // nothing carries the mark
	}
	return u.w.transact(func() Error {
		hit, err := u.write(u.loaded, u.is)
		if err != NoError || hit && u.alike() {
			return err
		}
		row, found, err := u.w.read(u.from)
		switch {
		case err != NoError:
			return err
		case !found:
			return Interrupted
		case u.alike():
			return u.onto(row)
		}
		for _, sent := range u.sent {
			if sameText(row, sent) {
				u.done = sent
				return NoError
			}
		}
		return OutcomeUnknown
	})
}

// lookForTheNew follows a lost answer to a new key, of which nobody else knows.
func (u *rewriting) lookForTheNew() Error {
	return u.w.transact(func() Error {
		hit, err := u.write(u.loaded, u.is)
		if err != NoError || hit {
			return err
		}
		row, found, err := u.w.read(u.to)
		switch {
		case err != NoError:
			return err
		case found:
			u.done = row
			return NoError
		}
		if row, found, err = u.w.read(u.from); err != NoError {
			return err
		}
		if !found || !u.counts(row) {
			return Interrupted
		}
		return u.onto(row)
	})
}
