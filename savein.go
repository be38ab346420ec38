package gormsession

import (
	"fmt"

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
// back; what was changed since the last save is dropped then. It is [ErrInterrupted] if the session
// was deleted meanwhile, [ErrHeaderSent] where the client cannot be told of a new key any more,
// [ErrTransaction], or as for [State.Save]. Nothing is tried again, as the transaction may hold
// more than the session; where the application does that again, it calls SaveIn again, too. A Flush
// stands outside of the transaction, also that of a login as another user: it is carried out with
// the response, come what may.
//
// The session should be read before the transaction begins where the pool has one connection.
func (s *State) SaveIn(tx *gorm.DB) error {
	in, err := s.p.store.Transaction(tx)
	if err != nil {
		return err
	}
	s = s.enter()
	defer s.mu.Unlock()
	if s.phase == closed {
		return ErrClosed
	}
	if s.barred() {
		return s.err
	}
	s.depend(verdict.Read)
	s.beginBudget()
	defer s.endBudget()
	s.within = in
	defer func() { s.within = nil }()
	err = s.lend(func() error { return s.rejoin(in) })
	if err == nil {
		s.c = s.c.Insist()
		err = s.persist(verdict.Within)
	}
	if err != nil {
		s.withdraw()
	}
	return err
}

// withdraw drops what was changed since the session was saved, without the application's wish.
func (s *State) withdraw() {
	s.entries, s.log, s.nextKey, s.loggedIn = s.row.Entries, nil, "", false
	s.c = s.c.Withdraw()
}

// A pledge is what SaveIn has saved in a transaction of the application's, which decides what
// becomes of it.
type pledge struct {
	in       *engine.Transaction
	key      string        // before, "" where there was no row
	row      engine.Record // before
	done     []verdict.Step
	loggedIn bool
}

// pledged notes a step that SaveIn has done. before is the session before it.
func (s *State) pledged(step verdict.Step, before pledge) {
	if s.pledge == nil {
		s.pledge = &before
	}
	s.pledge.done = append(s.pledge.done, step)
	s.pledge.loggedIn = s.pledge.loggedIn || s.loggedIn
	s.loggedIn = false
}

// standing is the session before a step of SaveIn.
func (s *State) standing() pledge { return pledge{in: s.within, key: s.key, row: s.row} }

// rejoin follows an earlier SaveIn into a transaction: the same one, of which a savepoint may have
// been rolled back, or one that comes after it.
func (s *State) rejoin(in *engine.Transaction) error {
	if s.pledge == nil {
		return nil
	}
	same := s.pledge.in.Is(in)
	if !same && s.pledge.in.IsKnown() && !s.pledge.in.HasEnded() {
		return fmt.Errorf("%w: that of an earlier SaveIn is open", ErrTransaction)
	}
	outcome, err := s.lookAfter()
	if err == nil && (!same || outcome != verdict.Done) {
		s.redeemed(outcome)
		s.c = verdict.Settle(s.c, verdict.Within, verdict.Redeem, outcome)
	}
	return err
}

// redeem looks what has become of what SaveIn has saved. The transaction has to have ended.
func (s *State) redeem() (verdict.Outcome, error) {
	if s.pledge.in.IsKnown() && !s.pledge.in.HasEnded() {
		return verdict.Open, nil
	}
	return s.lookAfter()
}

// redeemNow is redeem where the answer cannot wait.
func (s *State) redeemNow() (verdict.Outcome, error) {
	outcome, err := s.redeem()
	if err == nil && outcome == verdict.Open {
		err = fmt.Errorf("%w: it is open", ErrTransaction)
	}
	return outcome, err
}

// lookAfter looks for the row that SaveIn has written, and has the session be what is there, with
// what was changed since.
func (s *State) lookAfter() (verdict.Outcome, error) {
	ctx, cancel := s.deadline()
	defer cancel()
	was, outcome := s.pledge, verdict.Done // and perhaps another request has saved since
	at, err := s.p.store.Seek(ctx, s.key, successor)
	if err == nil && at.Home == nil && was.key != "" && was.key != s.key {
		at, err = s.p.store.Seek(ctx, was.key, successor)
		outcome = verdict.Undone
	}
	switch {
	case err != nil:
		return 0, err
	case at.Home == nil && was.key != "":
		return verdict.Missed, nil // ended meanwhile, as its next save will tell
	case at.Home == nil:
		at.Key, at.Home = "", s.p.store.Own
		s.nextKey = ""
		outcome = verdict.Unmade
	case at.Key == was.key && at.Row.Data == was.row.Data && at.Row.Data != s.row.Data:
		outcome = verdict.Undone
	}
	entries, err := s.log.Replay(at.Row.Entries)
	if err != nil {
		return 0, err
	}
	s.key = at.Key
	s.noteMoved(at.Home, at.Row, entries)
	return outcome, nil
}

// redeemed tells what it has come to.
func (s *State) redeemed(o verdict.Outcome) {
	if o == verdict.Open {
		return
	}
	was := s.pledge
	s.pledge = nil
	if o != verdict.Done {
		return
	}
	later := s.loggedIn
	s.loggedIn = was.loggedIn
	for _, step := range was.done {
		(&persisting{State: s}).stepped(step)
	}
	s.loggedIn = later
}

// redeemInTime is redeem at a use of the session, once the transaction is known to have ended.
func (s *State) redeemInTime() {
	if s.pledge == nil || s.phase == closed || s.err != nil || !s.pledge.in.HasEnded() {
		return
	}
	s.beginBudget()
	defer s.endBudget()
	var outcome verdict.Outcome
	err := s.lend(func() (err error) {
		if outcome, err = s.redeem(); err == nil {
			s.redeemed(outcome)
		}
		return err
	})
	if err != nil {
		s.fail(err)
		return
	}
	s.c = verdict.Settle(s.c, verdict.Explicit, verdict.Redeem, outcome)
}
