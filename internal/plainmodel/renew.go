package plainmodel

import "time"

// renew moves the end of the row alone, if nobody else has.
func (s *Session) renew() Error {
	to := s.row
	to.Ends = s.ends(s.lifetimeOf(s.entries), s.w.Now)
	ended := !s.over && !s.row.Ends.After(s.w.Now)
	if ended || s.Step > 0 && to.Ends.Equal(s.row.Ends) {
		s.stored()
		return NoError
	}
	hit, err := s.touch(to.Ends)
	if err != NoError {
		return err
	}
	if !hit && to.Ends.Equal(s.row.Ends) { // it may be that nothing had to be changed
		if _, hit, err = s.w.readLive(s.at); err != NoError {
			return err
		}
	}
	s.stored()
	if hit {
		s.row, s.over = to, !to.Ends.After(s.w.Now)
		s.alive = s.alive || !s.owed && !s.untold
		s.moved = s.moved && !s.alive
	}
	return NoError
}

// touch is the statement of renew, on whatever the row holds.
func (s *Session) touch(ends time.Time) (hit bool, err Error) {
	from := s.row.Ends
	move := func() (err Error) {
		to := s.w.Rows[s.at]
		to.Ends = ends
		hit, err = s.w.update(s.at, func(r Row) bool { return r.Ends.Equal(from) }, to)
		return err
	}
	err = s.w.settle(func() Error { return s.w.single(move) }, func() Error {
		return s.w.transact(func() Error {
			if err := move(); err != NoError || hit {
				return err
			}
			row, found, err := s.w.read(s.at)
			hit = found && row.Ends.Equal(ends)
			return err
		})
	})
	return hit, err
}

// insert makes a row.
func (s *Session) insert(m moment) Error {
	at := Place{s.Table, s.w.NewKey()}
	row := s.made(Row{}, s.entries, 0)
	if err := s.w.insert(at, row); err != NoError {
		return err
	}
	s.saved(m, at, row)
	s.modified = true // as Django's create does
	s.owed = s.owed || m == explicit
	return NoError
}
