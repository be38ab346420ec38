package gormsession

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// sweepBatch is how many expired rows one statement deletes: a bound on how long it holds its
// locks.
const sweepBatch = 1000

// A sweeper says when a process deletes expired rows beside its work.
type sweeper struct {
	due     atomic.Int64 // not before, in Unix nanoseconds
	running sync.Mutex   // held by the one sweep that there may be at a time
}

// sweepSometimes deletes one batch of expired rows in the background, if that is due: after the
// interval of WithCleanup, or at once where the last batch was full and more is left, so that a
// table stays within a small factor of its live rows however many come. It is called after an
// insert, so that a table that grows is also cleaned.
func (s *store) sweepSometimes() {
	now := s.now()
	if s.cleanup == 0 || now.UnixNano() < s.sweeper.due.Load() || !s.sweeper.running.TryLock() {
		return
	}
	go func() {
		defer s.sweeper.running.Unlock()
		defer func() {
			if p := recover(); p != nil { // of a callback or hook, which has no request to fail here
				s.logger().Error("gormsession: expired sessions were not deleted", "panic", p)
			}
		}()
		s.sweeper.due.Store(now.Add(s.cleanup).UnixNano())
		ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
		defer cancel()
		swept, err := s.sweep(ctx, batchQuery{before: now})
		switch {
		case err == nil && len(swept.keys) == sweepBatch && swept.deleted > 0:
			s.sweeper.due.Store(0)
		case err != nil && !strings.Contains(detailOf(err), "database is closed"): // as at the end
			s.logger().
				Warn("gormsession: expired sessions were not deleted", "error", detailOf(err))
		}
	}()
}

// A batchQuery says which expired rows are next: those that expired first, or, where some are to be
// stepped over, those that follow a key.
type batchQuery struct {
	before   time.Time
	stepping bool
	after    string
}

// A batch is what one sweep has found, in the order of the query, and how much of it it has
// deleted.
type batch struct {
	keys    []string
	deleted int64
}

// sweep deletes a batch of rows that expired before an instant (Django's strict <). Rows are
// deleted by their keys, in order, and only where they are still expired: another request may have
// renewed one, and two sweeps must not block each other for long.
func (s *store) sweep(ctx context.Context, q batchQuery) (swept batch, err error) {
	err = s.retry(ctx, func(ctx context.Context) (err error) {
		swept = batch{}
		if swept.keys, err = s.expired(ctx, q); err != nil || len(swept.keys) == 0 {
			return harmless(err)
		}
		res := s.rows(s.handle(ctx)).Where("session_key IN ? AND expire_date < ?",
			slices.Sorted(slices.Values(swept.keys)), s.expireArg(q.before)).Delete(s.model.empty())
		swept.deleted = res.RowsAffected
		return harmless(res.Error)
	})
	return swept, s.fault(err, "")
}

// expired reads the keys of a batch. As in scan, plugins that cache queries are not to answer it.
func (s *store) expired(ctx context.Context, q batchQuery) (keys []string, err error) {
	condition, args := "ORDER BY expire_date", []any{s.expireArg(q.before)}
	if q.stepping {
		condition, args = "AND session_key > ? ORDER BY session_key", append(args, q.after)
	}
	query := fmt.Sprintf("SELECT session_key FROM %s WHERE expire_date < ? %s LIMIT %d",
		s.db.Statement.Quote(s.table), condition, sweepBatch)
	rows, err := s.handle(ctx).Raw(query, args...).Rows()
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

// remaining counts the rows that expired before an instant; of those keys, if there are any.
func (s *store) remaining(
	ctx context.Context, before time.Time, keys []string,
) (n int64, err error) {
	query := "SELECT COUNT(*) FROM " + s.db.Statement.Quote(s.table) + " WHERE expire_date < ?"
	args := []any{s.expireArg(before)}
	if len(keys) > 0 {
		query, args = query+" AND session_key IN ?", append(args, keys)
	}
	err = s.ask(s.handle(ctx), query, func(rows *sql.Rows) error {
		if !rows.Next() {
			return nil
		}
		return rows.Scan(&n)
	}, args...)
	return n, s.fault(err, "")
}

// clearExpired deletes all rows that are expired when it begins, in batches, and returns how many
// it has deleted. Others may clear at the same time: it ends when there is nothing left.
func (s *store) clearExpired(ctx context.Context) (total int64, err error) {
	q := batchQuery{before: s.now()}
	for {
		var swept batch
		var kept int64
		err := s.inTimeOfABatch(ctx, func(ctx context.Context) (err error) {
			swept, err = s.sweep(ctx, q)
			if err == nil && swept.deleted < int64(len(swept.keys)) && !q.stepping {
				kept, err = s.remaining(ctx, q.before, swept.keys)
			}
			return err
		})
		total += swept.deleted
		switch {
		case err != nil:
			return total, noting(err, fmt.Sprintf("%d expired sessions were deleted before", total))
		case len(swept.keys) == 0:
			return total, s.tellOfKept(ctx, q)
		case q.stepping:
			q.after = swept.keys[len(swept.keys)-1]
		case kept > 0: // by a trigger or a policy: what is gone otherwise, another cleaner has deleted
			q.stepping = true
		}
	}
}

// tellOfKept warns of expired rows that the database has kept, though it was told to delete them.
func (s *store) tellOfKept(ctx context.Context, q batchQuery) error {
	if !q.stepping {
		return nil
	}
	return s.inTimeOfABatch(ctx, func(ctx context.Context) error {
		kept, err := s.remaining(ctx, q.before, nil)
		if kept > 0 {
			s.logger().Warn("gormsession: expired sessions stay in the table: "+
				"a trigger or a policy keeps them", "table", s.table, "rows", kept)
		}
		return err
	})
}

// inTimeOfABatch gives a batch the time of a save.
func (s *store) inTimeOfABatch(ctx context.Context, do func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return do(ctx)
}
