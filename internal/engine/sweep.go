package engine

import (
	"context"
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
	due     atomic.Int64 // not before, in Unix microseconds
	running sync.Mutex   // held by the one sweep that there may be at a time
}

// sweepSometimes deletes one batch of expired rows in the background, if that is due: after the
// interval of WithCleanup, or at once where the last batch was full and more is left, so that a
// table stays within a small factor of its live rows however many come. It is called after an
// insert, so that a table that grows is also cleaned.
func (t *Table) sweepSometimes() {
	now := t.Now()
	if t.cleanup == 0 || now.UnixMicro() < t.sweeper.due.Load() || !t.sweeper.running.TryLock() {
		return
	}
	go func() {
		defer t.sweeper.running.Unlock()
		defer func() {
			if p := recover(); p != nil { // of a callback or hook, which has no request to fail here
				t.logger().Error("gormsession: expired sessions were not deleted", "panic", p)
			}
		}()
		t.sweeper.due.Store(now.Add(t.cleanup).UnixMicro())
		ctx, cancel := context.WithTimeout(context.Background(), t.timeout)
		defer cancel()
		var swept batch
		_, err := t.sweeping(ctx, func(ctx context.Context) (_ int64, err error) {
			swept, err = t.sweep(ctx, batchQuery{due: t.endedBefore(now)})
			return swept.deleted, err
		})
		switch {
		case err == nil && len(swept.keys) == sweepBatch && swept.deleted > 0:
			t.sweeper.due.Store(0)
		case err != nil && !strings.Contains(Detail(err), "database is closed"): // as at the end
			t.logger().
				Warn("gormsession: expired sessions were not deleted", "error", Detail(err))
		}
	}()
}

// A batchQuery says which rows are next of those that are to go: those that end first, or, where
// some are to be stepped over, those that follow a key.
type batchQuery struct {
	due      condition
	stepping bool
	after    string
}

// A condition says which rows are to go.
type condition struct {
	text string
	args []any
}

// whatever are all rows, also those that end on the last day that there is.
var whatever = condition{text: "1 = 1"}

// endedBefore are the rows that expired before an instant.
func (t *Table) endedBefore(at time.Time) condition {
	return condition{"expire_date < ?", []any{t.expireArg(at)}}
}

// and is the condition with another one behind it.
func (c condition) and(text string, arg any) condition {
	return condition{c.text + " AND " + text, append(slices.Clip(c.args), arg)}
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
func (t *Table) sweep(ctx context.Context, q batchQuery) (swept batch, err error) {
	err = t.retry(ctx, func(ctx context.Context) (err error) {
		swept = batch{}
		if swept.keys, err = t.expired(ctx, q); err != nil || len(swept.keys) == 0 {
			return harmless(err)
		}
		keys := slices.Sorted(slices.Values(swept.keys))
		res := t.rows(t.line(ctx)).Where("session_key IN ? AND "+q.due.text,
			append([]any{keys}, q.due.args...)...).Delete(t.model.Empty())
		swept.deleted = res.RowsAffected
		return harmless(res.Error)
	})
	return swept, t.fault(err, "")
}

// expired reads the keys of a batch. As in scan, plugins that cache queries are not to answer it.
func (t *Table) expired(ctx context.Context, q batchQuery) (keys []string, err error) {
	next, order := q.due, "expire_date"
	if q.stepping {
		next, order = q.due.and("session_key > ?", q.after), "session_key"
	}
	query := fmt.Sprintf("SELECT session_key FROM %s WHERE %s ORDER BY %s LIMIT %d",
		t.db.Statement.Quote(t.table), next.text, order, sweepBatch)
	text, vars := t.build(query, next.args)
	rows, err := t.query(t.line(ctx), text, vars...)
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

// remaining counts the rows that are due; of those keys, if there are any.
func (t *Table) remaining(ctx context.Context, due condition, keys []string) (int64, error) {
	if len(keys) > 0 {
		due = due.and("session_key IN ?", keys)
	}
	return t.count(ctx, due.text, due.args)
}

// countLive counts the rows that have not expired.
func (t *Table) countLive(ctx context.Context) (n int64, err error) {
	err = t.inTimeOfABatch(ctx, func(ctx context.Context) (err error) {
		n, err = t.count(ctx, "expire_date > ?", []any{t.expireArg(t.Now())})
		return err
	})
	return n, err
}

// clearExpired deletes all rows that are expired when it begins, in batches, and returns how many
// it has deleted. Others may clear at the same time: it ends when there is nothing left.
func (t *Table) clearExpired(
	ctx context.Context, tell func(total int64),
) (total int64, err error) {
	return t.clear(ctx, t.endedBefore(t.Now()), func(batch) bool { return false }, tell)
}

// clearAll deletes all rows there are when it begins. It goes on until it has seen all rows there
// were, and deleted each under the key by which it was seen.
func (t *Table) clearAll(ctx context.Context) (total int64, err error) {
	return t.clear(ctx, whatever, func(b batch) bool {
		return len(b.keys) < sweepBatch && b.deleted >= int64(len(b.keys))
	}, func(int64) {})
}

// clear deletes the rows that are due, until there are none, or a batch is the last.
func (t *Table) clear(
	ctx context.Context, due condition, last func(batch) bool, tell func(total int64),
) (total int64, err error) {
	q := batchQuery{due: due}
	for {
		var swept batch
		var kept int64
		err := t.inTimeOfABatch(ctx, func(ctx context.Context) (err error) {
			swept, err = t.sweep(ctx, q)
			if err == nil && swept.deleted < int64(len(swept.keys)) && !q.stepping {
				kept, err = t.remaining(ctx, q.due, swept.keys)
			}
			return err
		})
		if total += swept.deleted; err == nil {
			tell(total)
		}
		switch {
		case err != nil:
			return total, noting(err, fmt.Sprintf("%d sessions were deleted before", total))
		case len(swept.keys) == 0, !q.stepping && last(swept):
			return total, t.tellOfKept(ctx, q)
		case q.stepping:
			q.after = swept.keys[len(swept.keys)-1]
		case kept > 0: // by a trigger or a policy: what is gone otherwise, another cleaner has deleted
			q.stepping = true
		}
	}
}

// tellOfKept warns of expired rows that the database has kept, though it was told to delete them.
func (t *Table) tellOfKept(ctx context.Context, q batchQuery) error {
	if !q.stepping {
		return nil
	}
	return t.inTimeOfABatch(ctx, func(ctx context.Context) error {
		kept, err := t.remaining(ctx, q.due, nil)
		if kept > 0 {
			t.logger().Warn("gormsession: sessions stay in the table that were to be deleted: "+
				"a trigger or a policy keeps them", "table", t.table, "rows", kept)
		}
		return err
	})
}

// inTimeOfABatch gives a batch the time of a save.
func (t *Table) inTimeOfABatch(ctx context.Context, do func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	return do(ctx)
}

// AwaitSweep returns when no sweep is running that an insert before has begun.
func (t *Table) AwaitSweep() {
	t.sweeper.running.Lock()
	defer t.sweeper.running.Unlock()
}
