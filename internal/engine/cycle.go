package engine

import (
	"context"
	"errors"
	"time"
)

// Cycle moves a session to a new key, in this table or into another one, in one transaction,
// guarded as in Update, so that of two cycles at once one wins, and nothing that was saved
// meanwhile is lost. It returns the key, which is next unless that was taken, and what the row
// holds.
func (t *Table) Cycle(
	ctx context.Context, into *Table, key, next string, from Record, c Change,
) (string, Record, error) {
	// The new key, of which nobody else knows, is as good as a nonce.
	w := &Rewrite{Change: c, home: t, into: into, old: t.stored(key), from: from}
	y := &cycling{Table: t, Rewrite: w, left: into.stored(key)}
	next, err := into.withNewKey(ctx, next, func(next string) (err error) {
		y.next, y.sent = into.stored(next), nil
		if w.to, err = w.record(ctx, from, c.Entries, y.next); err != nil {
			return err
		}
		t.lanes.inLane(ctx, w.old, func(*Record) *Record {
			w.now()
			err = t.untilKnown(ctx, y.save, y.afterLostAnswer)
			return nil
		})
		return err
	})
	return next, y.done, err
}

// cycling is one cycle on its way through its tries.
type cycling struct {
	*Table
	*Rewrite
	next rowKey // the new key
	left rowKey // the old one, in the table of the new one
	sent []Record
	done Record
}

func (c *cycling) save(ctx context.Context) error {
	return c.Limit.transact(ctx, c.Table, func(on line) error {
		hit, err := c.move(on, c.from, c.to)
		if err != nil || hit {
			return err
		}
		return c.locked(on, ErrInterrupted)
	})
}

// afterLostAnswer follows an uncertain end: the new key, of which nobody else knows, tells whether
// it was done.
func (c *cycling) afterLostAnswer(ctx context.Context) error {
	return c.Limit.transact(ctx, c.Table, func(on line) error {
		hit, err := c.move(on, c.from, c.to)
		if err != nil || hit {
			return slipIfTaken(err)
		}
		current, found, err := c.into.lockAny(on, c.next)
		if err != nil {
			return err
		}
		if !found {
			return c.locked(on, errTrackLost)
		}
		// It was free, and nobody else knows of it, so it is ours.
		for _, sent := range c.sent {
			if sent.Data == current.Data {
				c.done = sent
			}
		}
		return nil
	})
}

// slipIfTaken: a row that comes in between may be ours, and is to be looked at.
func slipIfTaken(err error) error {
	if errors.Is(err, errDuplicate) {
		return errSlipped
	}
	return err
}

// locked does the request's changes again on what the row holds under the old key. Where there is
// such a row, an earlier try has not moved it.
func (c *cycling) locked(on line, gone error) error {
	current, found, err := c.Rewrite.lock(on)
	if err != nil {
		return err
	}
	if !found {
		return gone
	}
	next, err := c.Rewrite.recompose(on.ctx, &current, c.next)
	if err != nil {
		return err
	}
	hit, err := c.move(on, current, next)
	if err == nil && !hit {
		return errSlipped
	}
	return err
}

// move moves the row to the new key if it still holds from.
func (c *cycling) move(on line, from, to Record) (hit bool, err error) {
	c.done, c.sent = to, append(c.sent, to)
	if hit, err = c.moveRow(on, from, to); err != nil || !hit {
		return hit, err
	}
	return true, c.leave(on, to)
}

// leave puts a row under the old key, which ends at another instant than the session, so that a
// renewal does not take it for that.
func (c *cycling) leave(on line, to Record) error {
	if c.Drop != "" {
		at := c.into.rows(on).Where("session_key = ?", c.Drop)
		if _, err := c.into.written(at.Delete(c.into.model.Empty())); err != nil {
			return err
		}
	}
	if c.Leave == nil {
		return nil
	}
	text, err := c.into.encode(c.left, c.Leave, "")
	if err != nil {
		return err
	}
	return c.into.create(on, c.left, Record{
		Entries: c.Leave, Data: text, Expire: to.Expire.Add(-time.Microsecond),
	})
}

// moveRow gives the row its new key.
func (c *cycling) moveRow(on line, from, to Record) (hit bool, err error) {
	if c.into == c.home && !c.replaceRows {
		n, err := c.rekey(on, c.guard(from), c.old, c.next, to)
		if err != nil || n == 0 {
			return false, err
		}
		return true, c.Limit.admit(on, c.into, c.next)
	}
	n, err := c.unsee(on, c.guard(from), c.old)
	if err != nil || n == 0 {
		return false, err
	}
	if err = c.into.create(on, c.next, to); err == nil {
		err = c.Limit.admit(on, c.into, c.next)
	}
	return true, err
}
