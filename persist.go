package gormsession

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/seed7368b609/gormsession/internal/engine"
	"github.com/seed7368b609/gormsession/internal/lifetime"
	"github.com/seed7368b609/gormsession/internal/verdict"
)

// Save saves the session now, instead of once the handler has returned: to have its key, to be sure
// of a Modify, or to know of an error. It makes a row even for an empty session, as in Django, and
// always asks the database. It returns [ErrInterrupted] if the session was deleted meanwhile, an
// error after Discard, [ErrUnavailable] or [ErrOutcomeUnknown] after a fault of the database,
// [ErrUserLimit] for a login that is refused, and the sticky error if there is one. It returns
// [ErrHeaderSent] where the client cannot be told of a new session, or of the new key of CycleKey,
// any more; nothing of what was changed is saved then.
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
	s.beginBudget()
	defer s.endBudget()
	err := s.persist(verdict.Explicit)
	if errors.Is(err, ErrOutcomeUnknown) {
		s.fail(err) // to try again would be to guess
	}
	return err
}

// facts are what the end of the request depends on now. mu is held.
func (s *State) facts() verdict.Case {
	c := s.c
	c.Filled = len(s.entries) > 0
	return c
}

// persist does what is due at that moment, step by step. mu is held.
func (s *State) persist(m verdict.Moment) error {
	s.c = s.c.Begin()
	return s.lend(func() error {
		p := persisting{State: s}
		for {
			step, problem := verdict.Decide(s.facts(), m, s.p.rules)
			if step == verdict.Leave {
				return s.problem(problem)
			}
			before := standing{s.key, s.row}
			outcome, err := p.carryOut(step)
			if err != nil {
				p.noteRefusal(err)
				return err
			}
			s.c = verdict.Settle(s.c, m, step, outcome)
			p.did(step, outcome, before)
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

// work is what this request does to the row of the session.
func (s *State) work() engine.Change {
	change := engine.Change{
		Entries: s.entries, Replay: s.log.Replay, Relative: s.log.Relative(),
		Admit: s.admit, Expire: s.expireDate, AsOf: s.asOf(), Limit: s.loginLimit(),
	}
	if s.p.opts.completes() {
		complete, replay := s.completion(), change.Replay
		change.Entries = complete(s.entries)
		change.Replay = func(raw map[string]json.RawMessage) (map[string]json.RawMessage, error) {
			entries, err := replay(raw)
			return complete(entries), err
		}
	}
	change.Replay = unlessReplaced(change.Replay)
	return change
}

// asOf is now, for a commit that begins, unless this request has let the session end.
func (s *State) asOf() time.Time {
	if s.row.EndedHere {
		return time.Time{}
	}
	return s.now()
}

// expireDate is when a session of these entries ends that is saved now.
func (s *State) expireDate(entries map[string]json.RawMessage, now time.Time) time.Time {
	lives := s.p.opts.lives
	return lives.Bound(entries, lives.ExpireDate(s.lifetimeOf(entries), now))
}

// endAlike tells whether a row ends when another one does, and its cookie likewise.
func endAlike(a, b engine.Record) bool {
	return a.Expire.Equal(b.Expire) &&
		bytes.Equal(a.Entries[lifetime.Entry], b.Entries[lifetime.Entry])
}

// A budget is the time of [WithTimeout] for all that one commit asks of the database: the deletion
// of what was flushed, a load, and the saves. It begins with the first question.
type budget struct {
	shared bool
	ctx    context.Context
	cancel context.CancelFunc
}

// beginBudget begins a commit, whose questions have one deadline until endBudget.
func (s *State) beginBudget() { s.spent.shared = true }

func (s *State) endBudget() {
	if s.spent.cancel != nil {
		s.spent.cancel()
	}
	s.spent = budget{}
}

// deadline is the context of one load, or of all that a commit asks: a client that goes away ends
// neither.
func (s *State) deadline() (context.Context, context.CancelFunc) {
	switch {
	case s.operating != nil:
		return s.operating, func() {}
	case s.spent.ctx != nil:
		return s.spent.ctx, func() {}
	}
	ctx, cancel := context.WithTimeout((*heldContext)(s), s.p.opts.timeout)
	if !s.spent.shared {
		return ctx, cancel
	}
	s.spent.ctx, s.spent.cancel = ctx, cancel
	return ctx, func() {}
}
