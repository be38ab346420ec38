package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/seed7368b609/gormsession/internal/fault"
)

// A failure is a fault of the database under one of the sentinels. Its text is the
// sentinel's, which may be shown to anybody. What the driver said is for the log: slog shows it,
// and so does %+v.
type failure struct {
	sentinel error
	cause    error
	hint     string
	why      string // see Cause
}

func (f *failure) Error() string { return f.sentinel.Error() }

func (f *failure) Unwrap() []error { return []error{f.sentinel, f.cause} }

func (f *failure) detail() string {
	return fmt.Sprintf("%s%s: %s", f.sentinel, f.hint, f.cause)
}

// noting adds a note of ours to the text of an error.
func noting(err error, note string) error {
	f, ok := err.(*failure)
	if !ok {
		return fmt.Errorf("%w (%s)", err, note)
	}
	noted := *f
	noted.sentinel = fmt.Errorf("%w (%s)", f.sentinel, note)
	return &noted
}

// LogValue implements slog.LogValuer.
func (f *failure) LogValue() slog.Value { return slog.StringValue(f.detail()) }

// Format implements fmt.Formatter.
func (f *failure) Format(state fmt.State, verb rune) {
	if verb == 'v' && state.Flag('+') {
		_, _ = fmt.Fprint(state, f.detail())
		return
	}
	_, _ = fmt.Fprintf(state, fmt.FormatString(state, verb), f.Error())
}

// Detail is the text of an error for the log.
func Detail(err error) string {
	if f, ok := errors.AsType[*failure](err); ok {
		return strings.Replace(err.Error(), f.Error(), f.detail(), 1)
	}
	return err.Error()
}

// fault wraps an error of the database for the caller and the log. GORM's own errors of misuse pass
// for faults too: they are no news of the session either.
func (t *Table) fault(err error, stored rowKey) error {
	if u, ok := err.(undone); ok { // not one within: that of an outcome that is unknown
		err = u.error
	}
	if f, ok := errors.AsType[*failure](err); ok {
		f.cause = t.faults.Redact(f.cause, string(stored))
		return err
	}
	if err == nil || isSentinel(err) {
		return err
	}
	sentinel := ErrUnavailable
	if t.kind(err) == fault.Rejected {
		sentinel = ErrRejected
	}
	hint := poolHint(err) + t.memoryHint(err) + closedHint(err)
	return &failure{
		sentinel: sentinel, cause: t.faults.Redact(err, string(stored)), hint: hint, why: t.why(err),
	}
}

// Cause says in a few words, always the same for each, why an operation is ErrUnavailable, or
// ErrOutcomeUnknown.
func Cause(err error) string {
	if errors.Is(err, ErrOutcomeUnknown) {
		return "outcome unknown"
	}
	if f, ok := errors.AsType[*failure](err); ok {
		return f.why
	}
	return "codec" // nothing was asked of the database
}

// why is Cause of what the database or its driver says.
func (t *Table) why(err error) string {
	if _, ok := errors.AsType[starved](err); ok {
		return "no connection"
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case fault.IsOver(err):
		return "canceled"
	}
	switch t.kind(err) {
	case fault.Away:
		return "unreachable"
	case fault.Lost:
		return "connection lost"
	case fault.Conflict:
		return "busy"
	}
	return "database"
}

// kind tells what kind of fault an error is, ours included.
func (t *Table) kind(err error) fault.Kind {
	switch {
	case isSentinel(err):
		return fault.Other
	case errors.Is(err, errSlipped):
		return fault.Conflict
	case errors.Is(err, errDuplicate):
		return fault.Rejected
	}
	return t.faults.Kind(err)
}

// closedHint says what ends with a pool.
func closedHint(err error) string {
	if !fault.IsClosed(err) {
		return ""
	}
	return ": the pool is closed: let the application close it once its server has ended"
}

// memoryHint says why some connections do not see the table that New has found.
func (t *Table) memoryHint(err error) string {
	if t.dialectName != "sqlite" || !t.faults.Tells(err, fault.NoTable) {
		return ""
	}
	return ": the table was there when New looked; each connection to :memory: has a database of its" +
		" own, so use a file, as in a test's TempDir"
}
