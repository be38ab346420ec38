package gormsession

import (
	"errors"

	"github.com/seed7368b609/gormsession/internal/header"
	"github.com/seed7368b609/gormsession/internal/verdict"
)

var errAdopt = errors.New("gormsession: Adopt is for a request that has no session, and has not " +
	"changed it")

// Adopt gives a request that has no session the one of a key, whose client has brought something
// else that stands for it, such as the cookie of the library that the site has moved from: package
// movein does. The client is told the key with the response, if the session is alive then, whatever
// the status, and whether or not shared caches might keep it otherwise: what has led here may lead
// nowhere the next time. If none is alive under the key now, the request stays without a session.
//
// Whoever calls it answers for the client: nothing here proves that the session is its own.
func (a Adapter) Adopt(s *State, key string) error {
	if err := a.p.checkKey(key); err != nil {
		return err
	}
	s = s.enter()
	defer s.mu.Unlock()
	switch loaded := s.load(); {
	case s.err != nil:
		return s.err
	case !loaded, s.phase != handling:
		return ErrClosed
	case s.c.Row == verdict.Live, s.c.Modified(), s.c.Sent:
		return errAdopt
	case !a.p.opts.wellFormed(key):
		return ErrWrongKey
	}
	s.key, s.c.Row = key, verdict.Unasked
	s.came = header.Brought{ByField: s.came.ByField, Present: s.came.Present}
	if !s.load() {
		return s.err
	}
	if s.c.Row == verdict.Live {
		s.c = s.c.Lead()
	}
	return nil
}
