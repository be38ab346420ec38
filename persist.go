package gormsession

import (
	"bytes"
	"errors"

	"github.com/seed7368b609/gormsession/internal/lifetime"
	"github.com/seed7368b609/gormsession/internal/verdict"
)

// Save saves the session now, instead of once the handler has returned: to have its key, to be sure
// of a Modify, or to know of an error. It makes a row even for an empty session, as in Django, and
// always asks the database. It returns [ErrInterrupted] if the session was deleted meanwhile, an
// error after Discard, [ErrUnavailable] or [ErrOutcomeUnknown] after a fault of the database, and
// the sticky error if there is one. It returns [ErrHeaderSent] where the client cannot be told of a
// new session, or of the new key of CycleKey, any more; nothing of what was changed is saved then.
//
// Modified stays true. The cookie of a new session or key goes to the client whatever the status of
// the response; that of a session that was changed or touched, where Save has moved its expiry, if
// the session is still alive when the response leaves, which costs a SELECT then.
func (s *State) Save() error {
	s = s.enter()
	defer s.mu.Unlock()
	if s.phase == closed {
		return ErrClosed
	}
	if s.barred() {
		return s.err
	}
	s.depend(verdict.Read)
	s.c = s.c.Insist()
	s.share()
	defer s.settle()
	err := s.persist(verdict.Explicit)
	if errors.Is(err, ErrOutcomeUnknown) {
		s.fail(err) // to try again would be to guess
	}
	return err
}

// endsAs tells whether a row ends when another one does, and its cookie likewise.
func (r record) endsAs(other record) bool {
	return r.expire.Equal(other.expire) &&
		bytes.Equal(r.entries[lifetime.Entry], other.entries[lifetime.Entry])
}

// facts are what the end of the request depends on now. mu is held.
func (s *State) facts() verdict.Case {
	s.c.Filled = len(s.entries) > 0
	return s.c
}

// persist does what is due at that moment, step by step. mu is held.
func (s *State) persist(m verdict.Moment) error {
	s.c.Text, s.c.Expiry = verdict.Unknown, verdict.Unknown
	return s.lend(func() error {
		p := persisting{State: s}
		for {
			step, problem := verdict.Decide(s.facts(), m, s.p.rules)
			if step == verdict.Leave {
				return s.problem(problem)
			}
			outcome, err := p.carryOut(step)
			if err != nil {
				return err
			}
			s.c = verdict.Settle(s.c, m, step, outcome)
		}
	})
}

// problem is the error of what was asked for and is not done.
func (s *State) problem(p verdict.Problem) error {
	switch p {
	case verdict.Sticky:
		return s.err
	case verdict.HeaderSent:
		return ErrHeaderSent
	case verdict.WasDiscarded:
		return errDiscarded
	}
	return nil
}

// saved notes what the row holds now, and where it is.
func (s *State) saved(key string, r record, home *store) {
	s.key, s.home, s.row, s.entries, s.log, s.nextKey = key, home, r, r.entries, nil, ""
}
