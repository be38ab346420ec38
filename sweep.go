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
		defer func() {
			if p := recover(); p != nil { // of a callback or hook of the application's, which has no request to fail here
				s.logger().Error("gormsession: expired sessions were not deleted", "panic", p)
			}
		}()
		ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
		defer cancel()
		if _, _, err := s.sweep(ctx); err != nil && !strings.Contains(err.Error(), "database is closed") { // which is no fault at the end
			s.logger().Warn("gormsession: expired sessions were not deleted", "error", err)
		}
	}()
}

// sweep deletes a batch of rows that expired before now (Django's strict <). It returns how many, and whether there may be more. Rows are
// deleted by their keys, in order, and only where they are still expired: another request may have renewed one, and two sweeps must not
// block each other for long.
func (s *store) sweep(ctx context.Context) (deleted int64, more bool, err error) {
	err = s.retry(ctx, func(ctx context.Context) error {
		now := s.expireArg(s.now())
		keys, err := s.expired(ctx, now)
		if err != nil || len(keys) == 0 {
			return harmless(err)
		}
		more = len(keys) == sweepBatch
		slices.Sort(keys)
		res := s.rows(s.handle(ctx)).Where("session_key IN ? AND expire_date < ?", keys, now).Delete(s.model.empty())
		deleted = res.RowsAffected
		return harmless(res.Error)
	})
	return deleted, more, s.fault(err, "")
}

// expired reads the keys of a batch of rows that expired before that moment. As in scan, plugins
// that cache queries are not to answer it.
func (s *store) expired(ctx context.Context, before Expiry) (keys []string, err error) {
	query := fmt.Sprintf("SELECT session_key FROM %s WHERE expire_date < ? ORDER BY expire_date LIMIT %d",
		s.db.Statement.Quote(s.table), sweepBatch)
	rows, err := s.handle(ctx).Raw(query, before).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, rows.Err()
}

// clearExpired deletes all rows that are expired when it begins, in batches, and returns how many.
func (s *store) clearExpired(ctx context.Context) (total int64, err error) {
	for {
		batch, cancel := context.WithTimeout(ctx, s.timeout)
		deleted, more, err := s.sweep(batch)
		cancel()
		total += deleted
		if err != nil {
			return total, noting(err, fmt.Sprintf("%d expired sessions were deleted before", total))
		}
		if !more || deleted == 0 { // a trigger or a policy keeps them
			return total, nil
		}
	}
}
