package gormsession

import (
	"context"
	"errors"
	"slices"

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
	// marked tells whether nobody else can write the text of that record: it bears the nonce.
	marked func(sent record, stored string) bool
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
		switch {
		case err != nil:
			return err
		case !found:
			return ErrInterrupted
		case u.isOurs(current): // something below us has sent the statement twice
			return nil
		}
		return u.onto(tx, current)
	})
}

// again follows an uncertain end: the row tells whether it was ours.
func (u *updating) again(ctx context.Context) error {
	if !u.twice && slices.ContainsFunc(u.sent, u.unmarked) {
		return ErrOutcomeUnknown // the row cannot tell
	}
	return u.transact(ctx, func(tx *gorm.DB) error {
		hit, err := u.compareAndSet(tx)
		if err != nil || hit && u.twice {
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
		case u.isOurs(current):
			return nil
		}
		// Somebody has saved since, on ours or not, or the column does not keep the mark, so that what
		// was loaded may be there once more.
		return ErrOutcomeUnknown
	})
}

// isOurs tells whether a row holds what this save, which must not be done twice, has sent.
func (u *updating) isOurs(current record) bool {
	for _, sent := range u.sent {
		if !u.twice && sent.data == current.data && !u.unmarked(sent) {
			u.done = sent
			return true
		}
	}
	return false
}

func (u *updating) unmarked(sent record) bool { return !u.marked(sent, u.stored) }

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
		passed := false // whether the statement has been answered
		create := func(tx *gorm.DB) error {
			err := s.create(tx, stored, r)
			passed = passed || err == nil
			return err
		}
		err := s.settle(ctx,
			func(ctx context.Context) error { return s.single(ctx, create) },
			func(ctx context.Context) error {
				before := passed
				if err := s.transact(ctx, create); !errors.Is(err, errDuplicate) {
					return err
				}
				return s.transact(ctx, func(tx *gorm.DB) error {
					there, ours, err := s.holds(tx, stored, r.data)
					switch {
					case err != nil:
						return err
					case !there:
						return errSlipped
					case !ours && !before: // of a new key that was free, it is ours whatever it holds
						return errDuplicate
					}
					return nil
				})
			})
		if s.bare && errors.Is(err, errDuplicate) {
			// The driver may have sent it twice, and tell of the second time.
			look := s.retry(ctx, func(ctx context.Context) error {
				return harmless(s.transact(ctx, func(tx *gorm.DB) error {
					if _, ours, err := s.holds(tx, stored, r.data); err != nil || ours {
						return err
					}
					return errDuplicate
				}))
			})
			if look != nil && !errors.Is(look, errDuplicate) {
				return &failure{sentinel: ErrOutcomeUnknown, cause: look}
			}
			if look == nil {
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
