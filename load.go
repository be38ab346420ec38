package gormsession

import (
	"context"
	"errors"

	"github.com/seed7368b609/gormsession/internal/engine"
	"github.com/seed7368b609/gormsession/internal/verdict"
)

// depend notes what the handler looks at, so that the response depends on whose session it is. Once
// the header has left it says so no more, and whoever wrote the page is told.
func (s *State) depend(on verdict.Look) {
	first := s.c.Look == verdict.Unseen && s.phase != closed
	s.c = s.c.LookedAt(on)
	if first && s.unsaid {
		s.warn(
			"gormsession: the session was first read after the response's header had left, to which "+
				"neither Vary: Cookie nor Cache-Control: private could be added: read it before the first "+
				"byte, or a cache may give the page to somebody else",
			"path",
			s.path,
		)
	}
}

// load makes the entries available, at the first call by a SELECT. It reports whether they are. mu
// is held.
func (s *State) load() bool {
	s.depend(verdict.Read)
	return s.fetch(replica)
}

// fetch is load without counting as an access.
func (s *State) fetch(from source) bool {
	s.redeemInTime()
	if s.c.Known() || s.phase == closed || s.err != nil {
		return s.c.Known()
	}
	outcome := verdict.Missed
	err := s.lend(func() (err error) {
		outcome, err = s.find(from)
		return err
	})
	if err != nil {
		s.fail(err)
		return false
	}
	s.c = verdict.Settle(s.c, verdict.Answer, verdict.Load, outcome)
	return true
}

// find looks for the session of the key that was brought.
func (s *State) find(from source) (outcome verdict.Outcome, err error) {
	if s.key == "" {
		s.missed()
		return s.miss(), nil
	}
	err = s.operate(OpLoad, func() (int64, error) {
		if outcome, err = s.seek(from); err != nil || outcome != verdict.Done {
			return 0, err
		}
		return 1, nil
	})
	return outcome, err
}

// seek is the SELECT.
func (s *State) seek(from source) (verdict.Outcome, error) {
	ctx, cancel := s.deadline()
	defer cancel() // also where a callback panics, whose rows the context closes
	if from == replica && len(s.came.Rivals) == 0 && s.findNear(ctx) {
		return verdict.Done, nil
	}
	home, r, err := s.locate(ctx)
	switch {
	case err != nil:
		return 0, err
	case home != nil:
		return s.adopt(home, r)
	}
	s.missed()
	return s.miss(), nil
}

// locate looks for the session of the key that the request came with, and returns no store if there
// is none. Where it came with several keys, another host of the domain may have planted one (cookie
// tossing): which of two live ones is the user's nobody can tell, so neither counts.
func (s *State) locate(ctx context.Context) (*engine.Table, engine.Record, error) {
	if len(s.came.Rivals) == 0 {
		return s.p.store.Find(ctx, s.key)
	}
	var home *engine.Table
	var r engine.Record
	var live []string
	for _, key := range s.came.Rivals {
		if s.came.Crowd || len(live) > 1 && !s.rotates() {
			break // it is certain that none counts
		}
		at, found, err := s.p.store.Find(ctx, key)
		if err != nil {
			return nil, engine.Record{}, err
		}
		if at != nil {
			home, r, live = at, found, append(live, key)
		}
	}
	if len(live) > 1 && s.rotates() {
		at, err := s.oneOf(live)
		if err != nil {
			return nil, engine.Record{}, err
		}
		if at.Home != nil {
			s.choose(at.Key)
			return at.Home, at.Row, nil
		}
	}
	if len(live) == 1 {
		s.choose(live[0])
		return home, r, nil
	}
	s.warnOfRivals("and not exactly one of them is live, so none counts", live)
	return nil, engine.Record{}, nil
}

// oneOf is the session of all of these keys, where they are a key and those that it has replaced,
// and else none.
func (s *State) oneOf(keys []string) (one engine.Place, err error) {
	ctx, cancel := s.deadline()
	defer cancel()
	for _, key := range keys {
		at, err := s.p.store.Seek(ctx, key, successor)
		switch {
		case err != nil && !errors.Is(err, engine.ErrDamaged):
			return engine.Place{}, err
		case at.Home == nil, one.Home != nil && at.Key != one.Key:
			return engine.Place{}, nil
		}
		one = at
	}
	return one, nil
}
