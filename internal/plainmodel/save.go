package plainmodel

// A moment is when it is saved.
type moment uint8

const (
	explicit moment = iota // Save
	answer                 // the header is to leave, with a status below 500
	refusal                // and with one of 500 and up
	late                   // the handler has returned, and the header has left
	broken                 // so it has, and the response was an error
	panicked
)

// Save saves now.
func (s *Session) Save() Error {
	s.depends(true)
	s.insists = true
	err := s.save(explicit)
	if err == OutcomeUnknown && s.err == NoError {
		s.err = err // to try again would be to guess
	}
	return err
}

// save does what is due at that moment.
func (s *Session) save(m moment) Error {
	if len(s.doomed) > 0 && (!s.gaveUp || m == explicit || m == panicked) {
		if err := s.bury(); err != NoError {
			return err
		}
	}
	switch {
	case m == broken, m == panicked:
		return NoError
	case m == refusal && s.err.fault(): // an error page may depend on what could not be loaded
		return s.err
	case m == refusal: // while one of the application's own says what it has done
		return NoError
	case s.err.fault(), s.err.misuse() && !s.discarded:
		return s.err
	case s.discarded && m == explicit:
		return WasDiscarded
	case !s.discarded && (s.changed || s.renewal || s.insists):
		if done, err := s.store(m); !done {
			return err
		}
	}
	return s.rest(m)
}

// bury deletes the rows of what was flushed.
func (s *Session) bury() Error {
	for ; len(s.doomed) > 0; s.doomed = s.doomed[1:] {
		for _, table := range s.tables() {
			if s.storable(s.doomed[0]) {
				if err := s.w.delete(Place{table, s.doomed[0]}); err != NoError {
					return err
				}
			}
		}
	}
	s.gaveUp = false
	return NoError
}

// rest is what is left once everything is saved.
func (s *Session) rest(m moment) Error {
	switch {
	case m == answer && s.moved && !s.sent && !s.discarded && (s.modified || s.renewed):
		_, _, found, err := s.find(s.key)
		if err != NoError {
			return err
		}
		s.moved, s.alive = false, found
	case m == late && s.untold:
		return HeaderSent
	}
	return NoError
}

// store writes the row, and tells whether that is done.
func (s *Session) store(m moment) (done bool, err Error) {
	if !s.look() {
		return false, s.err
	}
	row := s.key != ""
	switch {
	case !row && len(s.entries) == 0 && !s.newKey && (!s.insists || s.flushed):
		s.stored() // there is nothing to keep
		return true, NoError
	case s.sent && (!row || s.newKey) && m == answer: // the end of the request meets it again
		return false, NoError
	case s.sent && (!row || s.newKey):
		// To save it under the old key would let in whoever has planted that.
		return false, HeaderSent
	case !row:
		err = s.insert(m)
	case s.newKey:
		err = s.move(m)
	case !s.insists && !s.modified:
		err = s.renew()
	case !s.insists && s.Step > 0 && s.unchanged():
		s.stored()
	default:
		err = s.update(m)
	}
	return err == NoError, err
}
