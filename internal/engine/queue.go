package engine

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// A queue is what an operation waits in for a connection. It tells, of a pool of one, whether the
// operation has spent its time there, and whether a statement of ours can be what it waited for:
// then the database is slow, and more connections would not help.
type queue struct {
	t      *Table
	pool   *sql.DB
	began  time.Time
	before sql.DBStats
	behind bool // the connection was in use at the beginning, by nobody of ours
}

// starved is the error of an operation that has got no connection in its time.
type starved struct{ error }

func (e starved) Unwrap() error { return e.error }

// queue begins an operation.
func (t *Table) queue(ctx context.Context) queue {
	q := queue{t: t, began: time.Now()}
	if alone := t.asking.Add(1) == 1; !alone || t.slow.Load() {
		return q
	}
	if q.pool = t.sqlPool(ctx); q.pool != nil {
		q.before = q.pool.Stats()
		q.behind = isUsedUp(q.before)
	}
	return q
}

func isUsedUp(stats sql.DBStats) bool { return stats.MaxOpenConnections == 1 && stats.InUse > 0 }

// leave ends the operation.
func (q queue) leave() { q.t.asking.Add(-1) }

// noted notes how the operation has ended, and returns its error.
func (q queue) noted(err error) error {
	switch {
	case err == nil:
		q.t.slow.Store(false)
	case !errors.Is(err, context.DeadlineExceeded):
	case !q.inVain():
		q.t.slow.Store(true)
	case isUndone(err):
		return undone{starved{err.(undone).error}}
	default:
		return starved{err}
	}
	return err
}

// inVain tells whether the operation has waited for all of its time, and would go on. The pool
// counts the time of all who wait: it is known to be ours where nobody else has.
func (q queue) inVain() bool {
	if !q.behind {
		return false
	}
	now := q.pool.Stats()
	waited := now.WaitDuration - q.before.WaitDuration
	return isUsedUp(now) && now.WaitCount == q.before.WaitCount+1 &&
		waited >= time.Since(q.began)*9/10
}

// poolHint says what may keep a pool of one connection from serving sessions. Of a larger pool that
// is used up nobody can tell from here whether handlers hold it or the database is slow.
func poolHint(err error) string {
	if _, ok := errors.AsType[starved](err); !ok {
		return ""
	}
	return ": all 1 connections of the pool are in use; if a handler holds a transaction while its" +
		" session is loaded, that needs SetMaxOpenConns of 2 and more"
}
