package engine

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/seed7368b609/gormsession/internal/fault"
)

// dialTries is how often a database is called that does not take the call.
const dialTries = 5

// retry runs op until it succeeds, fails in a way that another try cannot mend, or has no time for
// another try. Only what is undone is tried again.
func (t *Table) retry(ctx context.Context, op func(ctx context.Context) error) error {
	return t.insist(ctx, dialTries, op)
}

// insist is retry with a number of calls of its own.
func (t *Table) insist(
	ctx context.Context, calls int, op func(ctx context.Context) error,
) error {
	if within(ctx) != nil {
		return op(ctx) // what has failed there has failed for the application
	}
	q := t.queue(ctx)
	defer q.leave() // also where the application's model has panicked
	return q.noted(t.tries(ctx, calls, op))
}

func (t *Table) tries(
	ctx context.Context, calls int, op func(ctx context.Context) error,
) error {
	quick := 0
	var longest time.Duration
	for try, dials, canceled := 1, 1, false; ; try++ {
		began := time.Now()
		err := op(ctx)
		longest = max(longest, time.Since(began))
		if err == nil || ctx.Err() != nil || !isUndone(err) {
			return err
		}
		if quick == 0 { // after a restart, or with plans out of date, each connection fails once
			quick = t.connections(ctx) + 2
		}
		atOnce := false
		switch t.kind(err) {
		case fault.Conflict:
		case fault.Lost:
			atOnce = try < quick
		case fault.Stale:
			if atOnce = try < quick; !atOnce {
				return err
			}
		case fault.Away:
			if dials++; dials > calls {
				return err
			}
		default:
			// An end that is not ours: of a plugin, or of whoever it has put our statement
			// together with.
			if canceled || isSentinel(err) || !fault.IsOver(err) {
				return err
			}
			canceled = true
		}
		if deadline, ok := ctx.Deadline(); ok && t.dialect.deaf && time.Until(deadline) < longest {
			return err // a try that cannot end in time
		}
		if !atOnce && !pause(ctx, rand.N(10*time.Millisecond<<min(try, 4))) {
			return err
		}
		retried(ctx)
	}
}

// pause waits, and tells whether ctx has let it.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// connections is how many there are at the moment, also those that others are about to give back.
func (t *Table) connections(ctx context.Context) int {
	if pool := t.sqlPool(ctx); pool != nil {
		return pool.Stats().OpenConnections
	}
	return 0
}
