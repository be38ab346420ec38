package gormsession

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed7368b609/gormsession/internal/engine"
	"github.com/seed7368b609/gormsession/internal/verdict"
)

// persisting is a session on its way through the steps of one save.
type persisting struct {
	*State
	expire  time.Time       // that the row would have, once it was reckoned
	rewrite *engine.Rewrite // once the row was compared with to
	to      engine.Record
	turned  bool // the new key came by itself
}

// perform is carryOut without a word to anybody. What it asks of the database has the time that is
// left.
func (p *persisting) perform(step verdict.Step) (verdict.Outcome, error) {
	switch step {
	case verdict.Bury:
		return verdict.Done, p.bury()
	case verdict.Load:
		from := replica // for a renewal, which a save is not
		if p.c.Insists || p.within != nil {
			from = primary
		}
		outcome, err := p.find(from)
		if err != nil && p.within == nil { // else it may be the fault of that transaction alone
			p.fail(err)
		}
		return outcome, err
	case verdict.Reckon:
		return p.reckon(), nil
	case verdict.Compare:
		return p.compare()
	case verdict.Note:
		p.noteSaved(p.key, p.to, p.home)
		return verdict.Done, nil
	case verdict.Touch:
		return p.touch()
	case verdict.Insert:
		return verdict.Done, p.insert()
	case verdict.Update:
		return p.follow(p.update())
	case verdict.Rekey:
		err := p.move()
		switch {
		case err == nil || p.turn == nil:
			return p.follow(verdict.Done, err)
		case engine.IsUncertain(err) && p.log.Relative():
			return 0, ErrOutcomeUnknown // what must not be done twice may be done
		}
		p.stay(err)
		p.rewrite = nil
		return verdict.Stayed, nil
	case verdict.Confirm:
		return p.confirm()
	case verdict.Redeem:
		return p.redeem()
	case verdict.Skip:
		return verdict.Done, nil
	}
	panic(fmt.Sprintf("gormsession: no step %d", step))
}

// bury deletes the rows that were flushed.
func (s *State) bury() error {
	if s.flushedIn != nil && s.flushedIn.IsOpen() {
		return fmt.Errorf("%w: the session has ended, and it is open", ErrTransaction)
	}
	return s.operate(OpEnd, func() (total int64, err error) {
		for len(s.doomed) > 0 {
			ctx, cancel := s.deadline()
			n, err := s.p.end(ctx, s.doomed[0])
			cancel()
			if err != nil {
				return total, err
			}
			if n > 0 {
				s.buried(s.doomed[0])
			}
			total, s.doomed = total+n, s.doomed[1:]
		}
		return total, nil
	})
}

// reckon compares the row's expiry with what it would be.
func (p *persisting) reckon() verdict.Outcome {
	now := p.now()
	p.expire = p.expireDate(p.entries, now)
	switch {
	case p.row.HasEnded(now):
		return verdict.HasEnded
	case p.expire.Equal(p.row.Expire):
		return verdict.Equal
	}
	return verdict.OtherEnd
}

// compare makes what the row is to hold, and compares it with what it holds.
func (p *persisting) compare() (verdict.Outcome, error) {
	w := p.home.Rewrite(p.key, p.row, p.work())
	to, err := w.Compose((*heldContext)(p.State))
	if err != nil {
		return 0, err
	}
	p.rewrite, p.to = w, to
	switch {
	case w.Ended(p.row): // and is refused
		return verdict.HasEnded, nil
	case to.Data != p.row.Data:
		return verdict.OtherText, nil
	case !to.Expire.Equal(p.row.Expire):
		return verdict.OtherEnd, nil
	case p.row.Near: // the primary may hold something else: the statement tells
		return verdict.OtherText, nil
	}
	return verdict.Equal, nil
}

// touch renews expire_date alone. Where another request has moved it meanwhile, or taken the row
// away, that one has told the client.
func (p *persisting) touch() (verdict.Outcome, error) {
	if !p.isComplete(p.entries) { // a session from before an option: what that wants is written
		_, err := p.update()
		if errors.Is(err, ErrInterrupted) {
			return verdict.Missed, nil
		}
		return verdict.Done, err
	}
	ctx, cancel := p.deadline()
	defer cancel()
	hit, err := p.home.Touch(ctx, p.key, p.row.Expire, p.expire)
	if err != nil {
		return 0, err
	}
	switch {
	case hit:
		p.row.EndAt(p.expire, p.now())
	case p.rotates() && !p.c.Followed:
		return p.followTouch(ctx)
	}
	return found(hit), nil
}

// followTouch goes after a session that has got another key by itself, which renews nothing.
func (p *persisting) followTouch(ctx context.Context) (verdict.Outcome, error) {
	at, err := p.p.store.Seek(ctx, p.key, successor)
	if err != nil || at.Home == nil || at.Key == p.key {
		return verdict.Missed, err
	}
	p.key = at.Key
	p.noteMoved(at.Home, at.Row, at.Row.Entries)
	return verdict.Elsewhere, nil
}

func found(hit bool) verdict.Outcome {
	if hit {
		return verdict.Done
	}
	return verdict.Missed
}

// insert makes a row.
func (p *persisting) insert() error {
	ctx, cancel := p.deadline()
	defer cancel()
	key, to, err := p.p.store.Own.Insert(ctx, p.work())
	if err != nil {
		return err
	}
	p.noteSaved(key, to, p.p.store.Own)
	return nil
}

// update saves what was changed in the row that is there.
func (p *persisting) update() (verdict.Outcome, error) {
	if p.rewrite == nil {
		if _, err := p.compare(); err != nil {
			return 0, err
		}
	}
	ctx, cancel := p.deadline()
	defer cancel()
	was := p.row
	to, err := p.home.Update(ctx, p.rewrite)
	if err != nil {
		return 0, err
	}
	p.noteSaved(p.key, to, p.home)
	if !endAlike(to, was) {
		return verdict.DoneExpiryMoved, nil
	}
	return verdict.Done, nil
}

// move saves it under the new key.
func (p *persisting) move() error {
	ctx, cancel := p.deadline()
	defer cancel()
	own := p.p.store.Own
	work := p.work()
	p.leaveBehind(&work)
	if p.turned = p.turn != nil; p.turned && p.turn.data != verdict.Changed {
		// A page that merely reads does not wait long for a database that takes no writes.
		var done context.CancelFunc
		ctx, done = context.WithTimeout(ctx, p.p.opts.timeout/10)
		defer done()
	}
	key, to, err := p.home.Cycle(ctx, own, p.key, p.nextKey, p.row, work)
	if err != nil {
		return err
	}
	p.noteSaved(key, to, own)
	return nil
}

// confirm looks whether a session whose expiry a Save has moved is still alive, so that its cookie
// may leave.
func (p *persisting) confirm() (outcome verdict.Outcome, err error) {
	if p.pledge != nil {
		return p.redeem()
	}
	err = p.operate(OpCheck, func() (count int64, err error) {
		alive, err := p.isAlive()
		if outcome = found(alive); alive {
			count = 1
		}
		return count, err
	})
	return outcome, err
}

func (p *persisting) isAlive() (bool, error) {
	ctx, cancel := p.deadline()
	defer cancel()
	if !p.rotates() {
		home, _, err := p.p.store.Find(ctx, p.key)
		return home != nil, err
	}
	at, err := p.p.store.Seek(ctx, p.key, successor)
	return at.Home != nil && at.Key == p.key, err
}

// follow goes after a row that is gone from where it was loaded, once: where it was moved to the
// other table meanwhile, or has got another key by itself, what the request did is done again on
// what is there, to be saved there.
func (p *persisting) follow(outcome verdict.Outcome, err error) (verdict.Outcome, error) {
	if !errors.Is(err, ErrInterrupted) || p.c.Followed || !p.mayBeElsewhere(err) {
		return outcome, err
	}
	ctx, cancel := p.deadline()
	defer cancel()
	uncertain := engine.IsUncertain(err)
	at, err := p.p.store.Follow(ctx, p.key, err, p.log.Relative(), successor)
	switch {
	case err != nil:
		return 0, err
	case uncertain && engine.Overtaken(p.row.Entries, p.entries, at.Row.Entries):
		return 0, ErrOutcomeUnknown
	}
	entries, err := p.log.Replay(at.Row.Entries)
	if err != nil {
		return 0, err
	}
	engine.Replayed(ctx)
	p.key = at.Key
	p.noteMoved(at.Home, at.Row, entries)
	p.rewrite = nil
	return verdict.Elsewhere, nil
}
