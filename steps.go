package gormsession

import (
	"errors"
	"time"

	"github.com/seed7368b609/gormsession/internal/verdict"
)

// persisting is a session on its way through the steps of one save.
type persisting struct {
	*State
	expire   time.Time // that the row would have, once it was reckoned
	rewrite  *rewrite  // once the row was compared with to
	to       record
	followed bool // it was in another table than at first
}

// carryOut does one step. What it asks of the database has the time that is left.
func (p *persisting) carryOut(step verdict.Step) (verdict.Outcome, error) {
	switch step {
	case verdict.Bury:
		return verdict.Done, p.bury()
	case verdict.Load:
		outcome, err := p.find()
		if err != nil {
			p.fail(err)
		}
		return outcome, err
	case verdict.Reckon:
		return p.reckon(), nil
	case verdict.Compare:
		return p.compare()
	case verdict.Note:
		p.saved(p.key, p.to, p.home)
		return verdict.Done, nil
	case verdict.Touch:
		return p.touch()
	case verdict.Insert:
		return verdict.Done, p.insert()
	case verdict.Update:
		return p.follow(p.update())
	case verdict.Move:
		return p.follow(verdict.Done, p.move())
	case verdict.Confirm:
		return p.confirm()
	}
	return verdict.Done, nil
}

// bury deletes the rows that were flushed.
func (s *State) bury() error {
	for len(s.doomed) > 0 {
		ctx, cancel := s.deadline()
		err := s.p.delete(ctx, s.doomed[0])
		cancel()
		if err != nil {
			return err
		}
		s.doomed = s.doomed[1:]
	}
	return nil
}

// reckon compares the row's expiry with what it would be.
func (p *persisting) reckon() verdict.Outcome {
	now := p.now()
	p.expire = p.p.opts.lives.ExpireDate(p.lifetime(), now)
	switch {
	case p.row.hasEnded(now):
		return verdict.HasEnded
	case p.expire.Equal(p.row.expire):
		return verdict.Equal
	}
	return verdict.OtherEnd
}

// compare makes what the row is to hold, and compares it with what it holds.
func (p *persisting) compare() (verdict.Outcome, error) {
	w := p.State.rewrite(p.home, p.log.nonce())
	to, err := w.first(p.home.stored(p.key))
	if err != nil {
		return 0, err
	}
	p.rewrite, p.to = &w, to
	switch {
	case p.row.hasEnded(w.asOf): // and is refused
		return verdict.HasEnded, nil
	case to.data != p.row.data:
		return verdict.OtherText, nil
	case !to.expire.Equal(p.row.expire):
		return verdict.OtherEnd, nil
	}
	return verdict.Equal, nil
}

// touch renews expire_date alone. Where another request has moved it meanwhile, or taken the row
// away, that one has told the client.
func (p *persisting) touch() (verdict.Outcome, error) {
	ctx, cancel := p.deadline()
	defer cancel()
	hit, err := p.home.touch(ctx, p.key, p.row.expire, p.expire)
	if err == nil && !hit && p.expire.Equal(p.row.expire) { // MySQL counts the rows that change
		_, hit, err = p.home.find(ctx, p.key)
	}
	if err != nil {
		return 0, err
	}
	if hit {
		p.row.end(p.expire, p.now())
	}
	return found(hit), nil
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
	key, to, err := p.p.store.insert(ctx, p.State.rewrite(p.p.store, ""))
	if err != nil {
		return err
	}
	p.saved(key, to, p.p.store)
	p.p.store.sweepSometimes()
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
	to, err := p.home.update(ctx, p.key, was, p.to, *p.rewrite)
	if err != nil {
		return 0, err
	}
	p.saved(p.key, to, p.home)
	if !to.endsAs(was) {
		return verdict.DoneMoved, nil
	}
	return verdict.Done, nil
}

// move saves it under the new key.
func (p *persisting) move() error {
	ctx, cancel := p.deadline()
	defer cancel()
	w := p.State.rewrite(p.p.store, "") // the new key is as good as a nonce
	key, to, err := p.home.cycle(ctx, p.p.store, p.key, p.nextKey, p.row, w)
	if err != nil {
		return err
	}
	p.saved(key, to, p.p.store)
	return nil
}

// confirm looks whether a session whose expiry a Save has moved is still alive, so that its cookie
// may leave.
func (p *persisting) confirm() (verdict.Outcome, error) {
	ctx, cancel := p.deadline()
	defer cancel()
	home, _, err := p.p.find(ctx, p.key)
	return found(home != nil), err
}

// follow goes after a row that is gone from where it was loaded: it may have been moved to the
// other table meanwhile. Then what the request did is done again on what is there, to be saved
// there.
func (p *persisting) follow(outcome verdict.Outcome, err error) (verdict.Outcome, error) {
	if p.p.former == nil || p.followed || !errors.Is(err, ErrInterrupted) {
		return outcome, err
	}
	ctx, cancel := p.deadline()
	defer cancel()
	home, r, findErr := p.p.find(ctx, p.key)
	switch {
	case findErr != nil && errors.Is(err, errTrackLost):
		return 0, &failure{sentinel: ErrOutcomeUnknown, cause: findErr}
	case findErr != nil:
		return 0, findErr
	case home == nil:
		return 0, err
	case errors.Is(err, errTrackLost) && p.log.relative():
		return 0, ErrOutcomeUnknown
	}
	var damage error
	if r.entries, damage = home.decode(home.stored(p.key), r.data); damage != nil {
		return 0, errDamaged
	}
	entries, err := p.log.replay(r.entries)
	if err != nil {
		return 0, err
	}
	p.State.home, p.row, p.entries = home, r, entries
	p.followed, p.rewrite = true, nil
	return verdict.Elsewhere, nil
}
