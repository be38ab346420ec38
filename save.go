package gormsession

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"
)

// A rewrite is what one request makes of a row.
type rewrite struct {
	// first makes the record for a row of that key out of what the request had loaded.
	first func(stored string) (record, error)
	// again makes it out of what a row holds now, by doing again what the request did.
	again func(current record, stored string) (record, error)
	// asOf is when the commit began. A row that has ended by then counts as gone, as it does for a
	// load, and is not brought back. It is zero where this request has ended the row itself.
	asOf time.Time
	// twice tells whether doing it twice is the same as doing it once. If not, the text has a
	// nonce.
	twice bool
	// marked tells whether nobody else can write the text of that record: it bears the nonce.
	marked func(sent record, stored string) bool
}

// A guard is what a row must still be for a save to go ahead.
type guard struct {
	data string
	asOf time.Time // see rewrite
}

func (w rewrite) guard(from record) guard { return guard{data: from.data, asOf: w.asOf} }

// lockFor locks the row that is to be rewritten, if it still counts.
func (s *store) lockFor(tx *gorm.DB, w rewrite, stored string) (record, bool, error) {
	if w.asOf.IsZero() {
		return s.lockAny(tx, stored)
	}
	return s.lock(tx, stored)
}

// ended tells whether a row had ended when the commit began.
func (w rewrite) ended(r record) bool { return !w.asOf.IsZero() && r.hasEnded(w.asOf) }

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
	sent     []record // by the tries so far, if it must not be done twice
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
		current, found, err := u.lockFor(tx, u.rewrite, u.stored)
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
	if slices.ContainsFunc(u.sent, u.unmarked) {
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
		// Somebody has saved since, on ours or not, or the column does not keep the mark, so that
		// what was loaded may be there once more.
		return ErrOutcomeUnknown
	})
}

// isOurs tells whether a row holds what this save has sent, and nobody else can have.
func (u *updating) isOurs(current record) bool {
	for _, sent := range u.sent {
		if sent.data == current.data && !u.unmarked(sent) {
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
	if u.ended(current) {
		if next.data != current.data || !next.over {
			return errTrackLost
		}
		next.expire = current.expire // the save was to end it, and was done
	}
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
	u.done = to
	if !u.twice {
		u.sent = append(u.sent, to)
	}
	return u.set(u.still(tx, u.guard(from)), u.stored, to)
}
