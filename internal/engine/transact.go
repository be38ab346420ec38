package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/seed7368b609/gormsession/internal/fault"
)

// undone is the error of what has certainly left nothing behind in the database. That is told by
// the place in the code and never by the error: pgx calls a COMMIT that was carried out safe to
// retry.
type undone struct{ error }

func (u undone) Unwrap() error { return u.error }

func isUndone(err error) bool {
	_, ok := err.(undone) // what wraps one knows better
	return ok
}

// harmless marks the error of what may be done any number of times, as a read.
func harmless(err error) error {
	if err == nil || isUndone(err) {
		return err
	}
	return undone{err}
}

// transact runs writes in one transaction. Whatever fails before COMMIT is sent is undone.
func (t *Table) transact(ctx context.Context, write func(on line) error) error {
	return t.transactAs(ctx, t.dialect.tx, write)
}

// transactAs is transact at an isolation.
func (t *Table) transactAs(
	ctx context.Context, opts *sql.TxOptions, write func(on line) error,
) error {
	return t.withLine(ctx, func(on line) error {
		if within(ctx) != nil {
			return t.writeWithin(ctx, on, write)
		}
		return t.transactOn(ctx, on, opts, write)
	})
}

// transactOn is transactAs on a connection.
func (t *Table) transactOn(
	ctx context.Context, on line, opts *sql.TxOptions, write func(on line) error,
) error {
	on, tx, err := t.begin(on, opts)
	if err != nil {
		return undone{err}
	}
	if t.hooked() {
		on = watch(on)
	}
	open := true
	defer func() {
		if open { // also where the application's model has panicked
			_ = t.inTime(ctx, tx.Rollback)
		}
	}()
	if err := write(on); err != nil {
		return undone{err}
	}
	if err := meddledWith(ctx); err != nil { // a hook
		return undone{err}
	}
	if err := ctx.Err(); err != nil {
		return undone{err}
	}
	open = false
	switch err := t.inTime(ctx, tx.Commit); {
	case err == nil:
		return nil
	case t.faults.IsDuplicate(err): // TiDB looks for duplicates there, PostgreSQL if asked to
		return undone{fmt.Errorf("%w: %w", errDuplicate, err)}
	case errors.Is(err, sql.ErrTxDone), t.faults.UndoneAtCommit(err):
		return undone{err}
	default:
		return err
	}
}

// inTime ends a transaction within the deadline, of which MySQL's driver knows nothing there. Where
// the server is silent the driver waits on, with its connection, until the operating system gives
// that up.
func (t *Table) inTime(ctx context.Context, end func() error) error {
	if t.dialectName != "mysql" {
		return end()
	}
	done := make(chan error, 1)
	t.asking.Add(1) // it may have the connection for longer than its operation lasts
	go func() {
		err := end()
		t.asking.Add(-1)
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	default:
		return ctx.Err()
	}
}

// goesBare tells whether a single statement has no transaction.
func (t *Table) goesBare(ctx context.Context) bool { return t.bare && within(ctx) == nil }

// single runs one statement that may be done twice: in a transaction, unless the application's
// gorm.Config says SkipDefaultTransaction. A driver may send a bare statement a second time by
// itself and tell of the second alone; see resends.
func (t *Table) single(ctx context.Context, write func(on line) error) error {
	if !t.goesBare(ctx) {
		return t.transact(ctx, write)
	}
	err := t.withLine(ctx, write)
	switch {
	case err == nil, isUndone(err):
		return err
	case isSentinel(err), fault.IsDial(err), fault.IsClosed(err), t.faults.UndoneAlone(err):
		return undone{err}
	}
	return err
}

// untilKnown runs a save until its end is known or its time is over. Once it is uncertain whether
// the save was done, as the answer to COMMIT was lost, again runs in its place: a transaction of
// its own that looks first if it was. That its COMMIT succeeds also says that a synchronous standby
// has what it has seen, which a mere look does not.
func (t *Table) untilKnown(ctx context.Context, save, again func(ctx context.Context) error) error {
	err := t.retry(ctx, save)
	if err == nil || isUndone(err) {
		return err
	}
	ctx, cancel := t.grace(ctx)
	defer cancel()
	retried(ctx)
	// A database that has just gone may come back, as after a restart, and it alone can tell.
	second := t.insist(ctx, math.MaxInt, func(ctx context.Context) error {
		return harmless(again(ctx))
	})
	if second == nil || errors.Is(second, errTrackLost) || errors.Is(second, errDuplicate) ||
		errors.Is(second, ErrUserLimit) { // it was not done, or it would not be counted
		return second
	}
	return &failure{sentinel: ErrOutcomeUnknown, cause: err}
}

// assured has a second try that has found nothing left to do commit something nevertheless, so that
// its COMMIT waits for a synchronous standby, as that of the first may have done in vain.
func (t *Table) assured(on line, second bool) error {
	if !second || t.dialect.confirm == "" || t.alone.Load() {
		return nil
	}
	err := t.statement(on).Exec(t.dialect.confirm).Error
	if t.faults.Tells(err, fault.NoFunction) { // as CockroachDB, which has no such standby
		t.alone.Store(true)
		return errSlipped
	}
	return err
}

// grace is a context for a second look after the deadline, of a quarter of the time.
func (t *Table) grace(ctx context.Context) (context.Context, context.CancelFunc) {
	end := time.Now().Add(max(t.timeout/4, time.Millisecond))
	if deadline, ok := ctx.Deadline(); ok && ctx.Err() == nil && deadline.After(end) {
		end = deadline
	}
	return context.WithDeadline(context.WithoutCancel(ctx), end)
}
