package gormsession

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"
)

// update saves what a request has made of a row, to, of what it had loaded, from. It is a compare-and-set on the text: no other request's
// change is overwritten, and none of ours is lost, because on a miss the request's changes are replayed on the locked row. It returns what
// the row holds then. A row that is gone is ErrInterrupted, and stays gone.
func (s *store) update(ctx context.Context, key string, from, to record, again replayer) (record, error) {
	stored := s.stored(key)
	sent := to
	op := func(ctx context.Context, again replayer) error {
		return s.retry(ctx, func(ctx context.Context) error {
			sent = to
			return s.compareAndSet(ctx, stored, from, &sent, again)
		})
	}
	err := op(ctx, again)
	if err == nil || !s.uncertain(err) {
		return sent, s.fault(err, stored)
	}
	second, cancel := s.second(ctx)
	defer cancel()
	current, found, lookErr := s.look(second, stored)
	switch {
	case lookErr != nil:
		return record{}, s.unknown(err, stored)
	case !found:
		return record{}, errTrackLost
	case current.data == sent.data && (sent.data != from.data || current.expire.Equal(sent.expire)):
		return sent, nil // it was done; the answer was lost
	}
	if err := op(second, again.unless(sent, s.unknown(err, stored))); err != nil {
		if s.uncertain(err) {
			return record{}, s.unknown(err, stored)
		}
		return record{}, s.fault(err, stored)
	}
	return sent, nil
}

// unless is the replayer of a second try: what was sent at the first may arrive only now, and must not be done twice then.
func (r replayer) unless(sent record, unknown error) replayer {
	return replayer{twice: r.twice, do: func(current record) (record, error) {
		switch {
		case current.data == sent.data:
			return sent, nil
		case !r.twice:
			return record{}, unknown
		}
		return r.do(current)
	}}
}

// compareAndSet writes *to where the row still holds from, else what the replay makes of the row, which *to is then.
func (s *store) compareAndSet(ctx context.Context, stored string, from record, to *record, again replayer) error {
	write := func(tx *gorm.DB) (int64, error) {
		return s.set(tx.Where("session_key = ? AND "+s.dialect.sameData, stored, from.data), stored, *to)
	}
	// What must not be done twice never goes bare, as database/sql may send a bare statement again by itself.
	if s.bare && again.twice {
		if n, err := write(s.handle(ctx)); err != nil || n > 0 {
			return err
		}
	}
	return s.transact(ctx, func(tx *gorm.DB) error {
		// Also after a bare miss: a transaction of SQLite must begin with a write, or it cannot become a writer.
		if n, err := write(tx); err != nil || n > 0 {
			return err
		}
		current, err := s.replay(tx, stored, to, again)
		if err != nil || to.data == current.data && to.expire.Equal(current.expire) {
			return err
		}
		_, err = s.set(tx.Where("session_key = ?", stored), stored, *to)
		return err
	})
}

// replay locks the row and sets *to to what the request's changes make of it. It returns what the row holds.
func (s *store) replay(tx *gorm.DB, stored string, to *record, again replayer) (record, error) {
	current, found, err := s.scan(tx, s.lockSQL, stored, s.expireArg(s.now()))
	if err != nil {
		return record{}, err
	}
	if !found {
		return record{}, ErrInterrupted
	}
	next, err := again.do(current)
	if err != nil {
		return record{}, err
	}
	s.replays.Add(1)
	*to = next
	return current, nil
}

// look reads a row, expired or not.
func (s *store) look(ctx context.Context, stored string) (record, bool, error) {
	return s.scan(s.handle(ctx), s.lookSQL, stored)
}

// unknown is the error of a save of which nobody knows whether it was done.
func (s *store) unknown(err error, stored string) error {
	return fmt.Errorf("%w: %w", ErrOutcomeUnknown, s.redact(err, stored))
}

// insert makes a row under a new key and returns the key.
func (s *store) insert(ctx context.Context, r record) (string, error) {
	return s.withNewKey(s.newKey(), func(key string) error {
		stored := s.stored(key)
		op := func(ctx context.Context) error {
			return s.retry(ctx, func(ctx context.Context) error {
				return s.single(ctx, func(tx *gorm.DB) error { return s.create(tx, stored, r) })
			})
		}
		return s.sameKeyTwice(ctx, stored, &r, op)
	})
}

// cycle moves a session to a new key, in the same table or into that of another store: the old row goes and the new one comes in one
// transaction, guarded as in update, so that of two cycles at once one wins, and nothing that was saved meanwhile is lost. It returns the
// key, which is next unless that was taken.
func (s *store) cycle(ctx context.Context, into *store, key, next string, from, to record, again replayer) (string, record, error) {
	old := s.stored(key)
	sent := to
	next, err := into.withNewKey(next, func(next string) error {
		stored := into.stored(next)
		return into.sameKeyTwice(ctx, stored, &sent, func(ctx context.Context) error {
			return s.retry(ctx, func(ctx context.Context) error {
				sent = to
				return s.transact(ctx, func(tx *gorm.DB) error {
					if err := s.remove(tx, old, from, &sent, again); err != nil {
						return err
					}
					return into.create(tx, stored, sent)
				})
			})
		})
	})
	return next, sent, err
}

// remove deletes the row that is to be cycled, after a replay if it no longer holds from.
func (s *store) remove(tx *gorm.DB, stored string, from record, to *record, again replayer) error {
	res := s.rows(tx).Where("session_key = ? AND "+s.dialect.sameData, stored, from.data).Delete(s.model.empty())
	if res.Error != nil || res.RowsAffected > 0 {
		return res.Error
	}
	if _, err := s.replay(tx, stored, to, again); err != nil {
		return err
	}
	return s.rows(tx).Where("session_key = ?", stored).Delete(s.model.empty()).Error
}

// withNewKey runs op with a key, and with another one while that is taken.
func (s *store) withNewKey(key string, op func(key string) error) (string, error) {
	for range 10 {
		err := op(key)
		if !errors.Is(err, errDuplicate) {
			return key, s.fault(err, s.stored(key))
		}
		key = s.newKey()
	}
	return "", errNoFreeKey
}

// sameKeyTwice runs op, which makes the row of that key, and once more if its end is uncertain: a row that holds our text then is ours, also
// if it arrives only while we try again.
func (s *store) sameKeyTwice(ctx context.Context, stored string, sent *record, op func(context.Context) error) error {
	err := op(ctx)
	if err == nil || !s.uncertain(err) {
		return err
	}
	second, cancel := s.second(ctx)
	defer cancel()
	current, found, lookErr := s.look(second, stored)
	if lookErr != nil {
		return s.unknown(err, stored)
	}
	if found {
		if current.data == sent.data {
			return nil
		}
		return errDuplicate
	}
	first := *sent
	again := op(second)
	if errors.Is(again, errDuplicate) || errors.Is(again, ErrInterrupted) {
		if current, found, lookErr := s.look(second, stored); lookErr == nil && found && current.data == first.data {
			*sent = first
			return nil
		}
	}
	if again != nil && s.uncertain(again) {
		return s.unknown(again, stored)
	}
	return again
}
