package gormsession

import (
	"context"
	"errors"

	"gorm.io/gorm"
)

// A rewrite is what one request makes of a row.
type rewrite struct {
	// first makes the record for a row of that key out of what the request had loaded.
	first func(stored string) (record, error)
	// again makes it out of what a row holds now, by doing again what the request did.
	again func(current record, stored string) (record, error)
	// twice tells whether doing it twice is the same as doing it once. If not, the text has a
	// nonce.
	twice bool
	// ours tells whether nobody else can have written the text of that record.
	ours func(sent record, stored string) bool
}

// update saves what a request has made of a row, to, of what it had loaded, from. It is a
// compare-and-set on the text: no other request's change is overwritten, and none of ours is lost,
// because on a miss the request's changes are done again on the locked row. It returns what the row
// holds then. A row that is gone is ErrInterrupted, and stays gone.
func (s *store) update(
	ctx context.Context, key string, from, to record, w rewrite,
) (record, error) {
	u := &updating{store: s, stored: s.stored(key), from: from, to: to, rewrite: w}
	err := s.settle(ctx, u.save, u.again)
	return u.done, s.fault(err, u.stored)
}

// updating is one update on its way through its tries.
type updating struct {
	*store
	rewrite
	stored   string
	from, to record
	sent     []record // by the tries so far
	done     record   // what the row holds at the end
}

func (u *updating) save(ctx context.Context) error {
	// What must not be done twice never goes bare: an answer that is lost before COMMIT is then no
	// news of the row.
	if u.bare && u.twice {
		hit := false
		err := u.single(ctx, func(tx *gorm.DB) (err error) {
			hit, err = u.compareAndSet(tx)
			return err
		})
		if err != nil || hit {
			return err
		}
	}
	return u.transact(ctx, func(tx *gorm.DB) error {
		// Also after a bare miss: a transaction of SQLite must begin with a write, or it cannot
		// become a writer.
		hit, err := u.compareAndSet(tx)
		if err != nil || hit {
			return err
		}
		current, found, err := u.lock(tx, u.stored)
		if err != nil {
			return err
		}
		if !found {
			return ErrInterrupted
		}
		return u.onto(tx, current)
	})
}

// again follows an uncertain end: the row tells whether it was ours.
func (u *updating) again(ctx context.Context) error {
	return u.transact(ctx, func(tx *gorm.DB) error {
		hit, err := u.compareAndSet(tx)
		if err != nil || hit {
			return err
		}
		current, found, err := u.lockAny(tx, u.stored)
		switch {
		case err != nil:
			return err
		case !found:
			return errTrackLost
		case u.twice:
			return u.onto(tx, current)
		}
		for _, sent := range u.sent {
			if sent.data == current.data && u.ours(sent, u.stored) {
				u.done = sent
				return nil
			}
		}
		return ErrOutcomeUnknown // somebody has saved since, on ours or not
	})
}

func (u *updating) compareAndSet(tx *gorm.DB) (hit bool, err error) {
	n, err := u.write(tx, u.from, u.to)
	return n > 0, err
}

// onto does the request's changes again on what the locked row holds.
func (u *updating) onto(tx *gorm.DB, current record) error {
	next, err := u.rewrite.again(current, u.stored)
	if err != nil {
		return err
	}
	u.replays.Add(1)
	if next.data == current.data && next.expire.Equal(current.expire) {
		u.done = next
		return nil
	}
	n, err := u.write(tx, current, next)
	if err == nil && n == 0 {
		return errSlipped
	}
	return err
}

// write writes a record where the row still holds another one.
func (u *updating) write(tx *gorm.DB, from, to record) (int64, error) {
	u.done, u.sent = to, append(u.sent, to)
	return u.set(tx.Where(u.dialect.sameData, from.data), u.stored, to)
}

// insert makes a row under a new key and returns the key and what the row holds.
func (s *store) insert(ctx context.Context, w rewrite) (key string, r record, err error) {
	key, err = s.withNewKey(ctx, s.newKey(), func(key string) error {
		stored := s.stored(key)
		if r, err = w.first(stored); err != nil {
			return err
		}
		create := func(tx *gorm.DB) error { return s.create(tx, stored, r) }
		err := s.settle(ctx,
			func(ctx context.Context) error { return s.single(ctx, create) },
			func(ctx context.Context) error {
				if err := s.transact(ctx, create); !errors.Is(err, errDuplicate) {
					return err
				}
				return s.transact(ctx, func(tx *gorm.DB) error {
					current, found, err := s.lockAny(tx, stored)
					switch {
					case err != nil:
						return err
					case !found:
						return errSlipped
					case current.data != r.data:
						return errDuplicate
					}
					return nil
				})
			})
		if s.bare && errors.Is(err, errDuplicate) {
			// The driver may have sent it twice, and tell of the second time.
			if current, found, err := s.read(ctx, s.lookSQL, stored); err != nil {
				return &failure{sentinel: ErrOutcomeUnknown, cause: err}
			} else if found && current.data == r.data {
				return nil
			}
		}
		return err
	})
	return key, r, err
}

// slipIfTaken: a row that comes in between may be ours, and is to be looked at.
func slipIfTaken(err error) error {
	if errors.Is(err, errDuplicate) {
		return errSlipped
	}
	return err
}

// withNewKey runs op with a key, and with another one while that is taken.
func (s *store) withNewKey(
	ctx context.Context, key string, op func(key string) error,
) (string, error) {
	for range 10 {
		err := op(key)
		if !errors.Is(err, errDuplicate) {
			return key, s.fault(err, s.stored(key))
		}
		// It may be another unique column, of the application's, that is taken.
		taken, lookErr := s.exists(ctx, key)
		if lookErr != nil {
			return "", lookErr
		}
		if !taken {
			return "", s.fault(err, s.stored(key))
		}
		key = s.newKey()
	}
	return "", errNoFreeKey
}
