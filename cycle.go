package gormsession

import (
	"context"
	"errors"

	"gorm.io/gorm"
)

// cycle moves a session to a new key, in the same table or into that of another store, in one
// transaction, guarded as in update, so that of two cycles at once one wins, and nothing that was
// saved meanwhile is lost. It returns the key, which is next unless that was taken, and what the
// row holds.
func (s *store) cycle(
	ctx context.Context, into *store, key, next string, from record, w rewrite,
) (string, record, error) {
	c := &cycling{store: s, into: into, old: s.stored(key), from: from, rewrite: w}
	next, err := into.withNewKey(ctx, next, func(next string) (err error) {
		c.stored, c.sent = into.stored(next), nil
		if c.to, err = w.first(c.stored); err != nil {
			return err
		}
		return s.settle(ctx, c.save, c.again)
	})
	return next, c.done, err
}

// cycling is one cycle on its way through its tries.
type cycling struct {
	*store
	rewrite
	into        *store
	old, stored string
	from, to    record
	sent        []record
	done        record
}

func (c *cycling) save(ctx context.Context) error {
	return c.transact(ctx, func(tx *gorm.DB) error {
		hit, err := c.move(tx, c.from, c.to)
		if err != nil || hit {
			return err
		}
		return c.locked(tx, ErrInterrupted)
	})
}

// again follows an uncertain end: the new key, of which nobody else knows, tells whether it was
// done.
func (c *cycling) again(ctx context.Context) error {
	return c.transact(ctx, func(tx *gorm.DB) error {
		hit, err := c.move(tx, c.from, c.to)
		if err != nil || hit {
			return slipIfTaken(err)
		}
		current, found, err := c.into.lockAny(tx, c.stored)
		if err != nil {
			return err
		}
		if !found {
			return c.locked(tx, errTrackLost)
		}
		// It was free, and nobody else knows of it, so it is ours.
		for _, sent := range c.sent {
			if sent.data == current.data {
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
func (c *cycling) locked(tx *gorm.DB, gone error) error {
	current, found, err := c.lockFor(tx, c.rewrite, c.old)
	if err != nil {
		return err
	}
	if !found {
		return gone
	}
	next, err := c.rewrite.again(current, c.stored)
	if err != nil {
		return err
	}
	c.replays.Add(1)
	hit, err := c.move(tx, current, next)
	if err == nil && !hit {
		return errSlipped
	}
	return err
}

// move moves the row to the new key if it still holds from.
func (c *cycling) move(tx *gorm.DB, from, to record) (hit bool, err error) {
	c.done, c.sent = to, append(c.sent, to)
	if c.into == c.store && !c.replaceRows {
		n, err := c.rekey(tx, c.guard(from), c.old, c.stored, to)
		return n > 0, err
	}
	n, err := c.unsee(tx, c.guard(from), c.old)
	if err != nil || n == 0 {
		return false, err
	}
	return true, c.into.create(tx, c.stored, to)
}
