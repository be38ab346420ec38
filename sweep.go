package gormsession

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// sweepBatch is how many expired rows one statement deletes: a bound on how long it holds its locks.
const sweepBatch = 1000

// sweepSometimes deletes one batch of expired rows in the background, if the last one was long enough ago. It is called after an insert, so
// that a table that grows is also cleaned.
func (s *store) sweepSometimes() {
	if s.cleanup == 0 {
		return
	}
	now := s.clock()
	last := s.swept.Load()
	if now.UnixNano()-last < int64(s.cleanup) || !s.swept.CompareAndSwap(last, now.UnixNano()) {
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
		defer cancel()
		if _, err := s.sweep(ctx); err != nil && !strings.Contains(err.Error(), "database is closed") { // which is no fault at the end
			s.logger().Warn("gormsession: expired sessions were not deleted", "error", err)
		}
	}()
}

// sweep deletes a batch of rows that expired before now (Django's strict <) and returns how many it found. Rows are deleted by their
// keys, in order, and only where they are still expired: another request may have renewed one, and two sweeps must not block each other
// for long.
func (s *store) sweep(ctx context.Context) (found int, err error) {
	err = s.retry(ctx, func(ctx context.Context) error {
		now := s.expireArg(s.now())
		var keys []string
		err := s.handle(ctx).Table(s.table).Where("expire_date < ?", now).Order("expire_date").Limit(sweepBatch).Pluck("session_key", &keys).Error
		if found = len(keys); err != nil || found == 0 {
			return err
		}
		slices.Sort(keys)
		return s.rows(s.handle(ctx)).Where("session_key IN ? AND expire_date < ?", keys, now).Delete(s.model.empty()).Error
	})
	return found, s.fault(err, "")
}

// clearExpired deletes all rows that are expired when it begins, in batches, and returns how many.
func (s *store) clearExpired(ctx context.Context) (total int64, err error) {
	for {
		batch, cancel := context.WithTimeout(ctx, s.timeout)
		found, err := s.sweep(batch)
		cancel()
		total += int64(found)
		if err != nil {
			return total, fmt.Errorf("%w (%d expired sessions were deleted before)", err, total)
		}
		if found < sweepBatch {
			return total, nil
		}
	}
}
