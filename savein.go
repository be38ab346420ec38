package gormsession

import (
	"fmt"
	"slices"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/internal/engine"
	"github.com/seed7368b609/gormsession/internal/verdict"
)

// ErrTransaction is returned by [State.SaveIn] for what is no open transaction of the database that
// New was given. Where the transaction is still open when the response is to leave, though that
// depends on how it ends, the error is answered with 500.
var ErrTransaction = engine.ErrTransaction

// SaveIn saves the session in a transaction of the application's, of the database handle that New
// was given: the session is committed or rolled back with what else is in it, such as an order and
// the cart that it empties. The transaction has to end before the response leaves, which does not
// save that again.
//
//	err := db.Transaction(func(tx *gorm.DB) error {
//		if err := tx.Create(&order).Error; err != nil {
//			return err
//		}
//		s.Delete("cart")
//		return s.SaveIn(tx)
//	})
//
// After a rollback the session is as it was before the changes that SaveIn has saved, and the
// response is what the handler makes of it. What is changed after SaveIn is saved with the
// response, on what the row holds then. The cookie of a new session, or of a new key, leaves if the
// transaction was committed, which costs a SELECT with the response; so does the first use of the
// session after the transaction has ended.
//
// An error means that nothing was saved, and is to be returned, so that the transaction is rolled
// back; what was changed since the last save is dropped then, whatever the error. It is
// [ErrInterrupted] if the session was deleted meanwhile, [ErrHeaderSent] where the client cannot be
// told of a new key any more, [ErrTransaction], or as for [State.Save]. Nothing is tried again, as
// the transaction holds more than the session; an application that does it again changes the
// session again as well, within the function.
//
// A Flush stands outside of the transaction, also that of a login as another user: it is carried
// out with the response, come what may. A login under [WithUserLimitRefusing] is ErrTransaction: it
// is saved by itself. So are Save, and [Field.Take], which saves, while the transaction is open.
// The session should be read before the transaction begins where the pool has one connection.
func (s *State) SaveIn(tx *gorm.DB) (err error) {
	in, refusal := s.p.store.Transaction(tx)
	s = s.enter()
	defer s.mu.Unlock()
	if s.phase == closed {
		return ErrClosed
	}
	if s.barred() {
		return s.err
	}
	saved := false
	defer func() { // also where the application's model has panicked
		if !saved {
			s.withdraw()
		}
	}()
	if refusal != nil {
		return refusal
	}
	s.depend(verdict.Read)
	s.beginBudget()
	defer s.endBudget()
	s.within = in
	defer func() { s.within = nil }()
	if s.loggedIn && s.p.opts.loginLimit != nil {
		return fmt.Errorf("%w; a login under WithUserLimitRefusing is saved by itself, as what the "+
			"limit counts by does not outlast the transaction", ErrTransaction)
	}
	if err = s.lend(func() error { return s.rejoin(in) }); err == nil {
		s.c = s.c.Insist()
		err = s.persist(verdict.Within)
	}
	saved = err == nil
	return err
}

// withdraw drops what was changed since the session was saved.
func (s *State) withdraw() {
	s.entries, s.log, s.nextKey, s.loggedIn = s.row.Entries, nil, "", false
	s.c = s.c.Withdraw()
}

// A pledge is what SaveIn has saved in transactions of the application's, each of which decides
// what becomes of its part.
type pledge struct {
	in     *engine.Transaction // the last one
	row    engine.Record       // before the first
	keys   []made              // the first is the one that was there before, "" if there was none
	at     int                 // which of them the session has, as far as was looked
	looked bool                // since the last SaveIn, and what it has saved was not there
}

// made is a key that SaveIn has given the session.
type made struct {
	key, from string
	step      verdict.Step
	loggedIn  bool
}

// standing is the session before a step of SaveIn.
type standing struct {
	key string
	row engine.Record
}

// pledged notes a step that SaveIn has done.
func (s *State) pledged(step verdict.Step, before standing) {
	if s.pledge == nil {
		s.pledge = &pledge{row: before.row, keys: []made{{key: before.key}}}
	}
	p := s.pledge
	p.in, p.looked = s.within, false
	if step != verdict.Update {
		p.keys = append(p.keys, made{s.key, before.key, step, s.loggedIn})
		s.loggedIn = false
	}
}

// rejoin follows an earlier SaveIn into a transaction: the same one, of which a savepoint may have
// been rolled back, or one that comes after it. What is seen there is what the session is for now,
// and concludes nothing: a snapshot may be older than what was committed.
func (s *State) rejoin(in *engine.Transaction) error {
	switch {
	case s.pledge == nil:
		return nil
	case !s.pledge.in.Is(in) && s.pledge.in.IsOpen():
		return fmt.Errorf("%w: that of an earlier SaveIn is open", ErrTransaction)
	}
	_, err := s.lookAfter()
	return err
}

// redeem looks what has become of what SaveIn has saved. Where the transaction is open, only what
// does not depend on it goes on.
func (s *State) redeem() (verdict.Outcome, error) {
	if !s.pledge.in.IsOpen() {
		return s.lookAfter()
	}
	if s.c.DependsOnPledge() {
		return 0, fmt.Errorf("%w: it is open", ErrTransaction)
	}
	return verdict.Open, nil
}

// lookAfter looks for the row that SaveIn has written, by the last key first, and has the session
// be what is there, with what was changed since.
func (s *State) lookAfter() (outcome verdict.Outcome, err error) {
	err = s.operate(OpCheck, func() (n int64, err error) {
		if outcome, err = s.lookForPledge(); err == nil && outcome != verdict.Missed {
			n = 1
		}
		return n, err
	})
	return outcome, err
}

func (s *State) lookForPledge() (verdict.Outcome, error) {
	ctx, cancel := s.deadline()
	defer cancel()
	p, at := s.pledge, engine.Place{}
	p.at = len(p.keys)
	for p.at > 0 && at.Home == nil && p.keys[p.at-1].key != "" {
		p.at--
		var err error
		if at, err = s.p.store.Seek(ctx, p.keys[p.at].key, successor); err != nil {
			return 0, err
		}
	}
	outcome := verdict.Done // and perhaps another request has saved since
	switch {
	case at.Home != nil && p.at == 0 &&
		(len(p.keys) > 1 || at.Row.Is(p.row) && !at.Row.Is(s.row)):
		outcome = verdict.Undone
	case at.Home != nil:
	case p.keys[0].key != "":
		return verdict.Missed, nil // ended meanwhile, as its next save will tell
	default:
		at, outcome, s.nextKey = engine.Place{Home: s.p.store.Own}, verdict.Unmade, ""
	}
	entries, err := s.log.Replay(at.Row.Entries)
	if err != nil {
		return 0, err
	}
	s.key, s.c = at.Key, s.c.Stand(at.Key != "")
	s.noteMoved(at.Home, at.Row, entries)
	return outcome, nil
}

// redeemed ends a pledge, and tells of what was committed.
func (s *State) redeemed(o verdict.Outcome) {
	p := s.pledge
	if p == nil || o == verdict.Open {
		return
	}
	s.pledge = nil
	if o != verdict.Done {
		return
	}
	later := s.loggedIn
	for _, key := range p.trail() {
		s.loggedIn = key.loggedIn
		(&persisting{State: s}).stepped(key.step)
	}
	s.loggedIn = later
}

// trail are the keys that have led to the one that the session has, in order.
func (p *pledge) trail() (trail []made) {
	key := p.keys[p.at].key
	for i := p.at; i > 0; i-- {
		if k := p.keys[i]; k.key == key {
			trail, key = append(trail, k), k.from
		}
	}
	slices.Reverse(trail)
	return trail
}

// redeemInTime is redeem at a use of the session, once the transaction has ended, or is about to:
// nobody can tell whether its COMMIT has been carried out. So it concludes nothing but that it was,
// and the response looks again.
func (s *State) redeemInTime() {
	if p := s.pledge; p == nil || p.looked || s.phase == closed || s.err != nil || !p.in.HasEnded() ||
		s.replaying != nil { // another goroutine is at it, or saves
		return
	}
	s.beginBudget()
	defer s.endBudget()
	err := s.lend(func() error {
		outcome, err := s.lookAfter()
		switch {
		case err != nil:
		case outcome == verdict.Done:
			s.c = verdict.Settle(s.c, verdict.Explicit, verdict.Redeem, outcome)
			s.redeemed(outcome)
		default:
			s.pledge.looked = true
		}
		return err
	})
	if err != nil {
		s.fail(err)
	}
}
