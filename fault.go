package gormsession

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"reflect"
	"regexp"
	"strings"
	"time"

	"gorm.io/gorm"
)

const tries = 5

// retry runs op until it succeeds or fails in a way that another try cannot mend, at most five times, with full jitter between. Only what
// the database has certainly rolled back is tried again.
func (s *store) retry(ctx context.Context, op func(ctx context.Context) error) error {
	cancelled := false
	for try := 1; ; try++ {
		err := op(ctx)
		switch {
		case err == nil || ctx.Err() != nil || try == tries:
			return err
		case errors.Is(err, context.Canceled) && !cancelled:
			cancelled = true // somebody else's: with PrepareStmt, whoever prepared first may have left
		case !s.rolledBack(err):
			return err
		}
		pause := time.NewTimer(rand.N(10 * time.Millisecond << try))
		select {
		case <-ctx.Done():
			pause.Stop()
			return err
		case <-pause.C:
		}
	}
}

// rolledBack tells whether the database says that it has undone the transaction, so that it can be tried again: serialization failures,
// deadlocks, lock timeouts and, on SQLite, a busy database.
func (s *store) rolledBack(err error) bool {
	switch s.dialectName {
	case "sqlite":
		text := err.Error()
		return strings.Contains(text, "database is locked") || strings.Contains(text, "table is locked") || strings.Contains(text, "SQLITE_BUSY")
	case "postgres":
		code := sqlState(err)
		return code == "40001" || code == "40P01"
	}
	switch mysqlNumber(err) {
	case 1213, 1205, 1020, 3101:
		return true
	}
	return false
}

// unsent is the error of a statement that never reached the database.
type unsent struct{ error }

func (u unsent) Unwrap() error { return u.error }

// uncertain tells whether err leaves open if what was sent has been done: the connection or the deadline was lost on the way. What the
// database itself says is certain, unless it says that it is going away; what we concluded from its answers is, too. driver.ErrBadConn is
// not: lib/pq says so of a COMMIT that was sent.
func (s *store) uncertain(err error) bool {
	if isOurs(err) || errors.Is(err, errDuplicate) {
		return false
	}
	if _, ok := errors.AsType[unsent](err); ok {
		return false
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return false
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return true
	}
	switch s.dialectName {
	case "sqlite":
		return false
	case "postgres":
		code := sqlState(err)
		return code == "" || code == "40003" || strings.HasPrefix(code, "08") || strings.HasPrefix(code, "57P")
	}
	n := mysqlNumber(err)
	return n == 0 || n == 1053 || n == 1317
}

// alien tells whether MySQL says that a key cannot be compared with its column, whose charset does not have such characters: no row has
// that key then. It happens in Django's tables, where a client may name any key.
func (s *store) alien(err error) bool {
	if err == nil || s.dialectName != "mysql" {
		return false
	}
	n := mysqlNumber(err)
	return n == 1267 || n == 3854
}

// sqlState is the SQLSTATE of an error of pgx or lib/pq, whose types this package does not import.
func sqlState(err error) string {
	if e, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err); ok {
		return e.SQLState()
	}
	return ""
}

// mysqlNumber is the number of a MySQLError of go-sql-driver, whose type this package does not import.
func mysqlNumber(err error) uint64 {
	for ; err != nil; err = errors.Unwrap(err) {
		v := reflect.Indirect(reflect.ValueOf(err))
		if v.Kind() == reflect.Struct && v.Type().Name() == "MySQLError" {
			if n := v.FieldByName("Number"); n.IsValid() && n.CanUint() {
				return n.Uint()
			}
		}
	}
	return 0
}

// fault wraps an error of the database for the caller and the log. GORM's own errors of misuse pass for faults too: they are no news of the
// session either.
func (s *store) fault(err error, stored string) error {
	if err == nil || isOurs(err) {
		return err
	}
	hint := ""
	if errors.Is(err, context.DeadlineExceeded) {
		if pool, dbErr := s.db.DB(); dbErr == nil {
			if st := pool.Stats(); st.MaxOpenConnections > 0 && st.InUse >= st.MaxOpenConnections {
				hint = fmt.Sprintf(": all %d connections of the pool are in use; a handler that holds a transaction while its session is loaded needs SetMaxOpenConns of 2 and more", st.MaxOpenConnections)
			}
		}
	}
	return fmt.Errorf("%w%s: %w", ErrUnavailable, hint, s.redact(err, stored))
}

// isOurs tells whether an error is one of our sentinels already, or comes from the codec or the application's model.
func isOurs(err error) bool {
	for _, sentinel := range []error{ErrInterrupted, ErrUnavailable, ErrOutcomeUnknown, ErrEncode, ErrHeaderSent, errDamaged, errNoFreeKey} {
		if errors.Is(err, sentinel) {
			return true
		}
	}
	return false
}

// redacted is an error whose text named a key.
type redacted struct {
	error
	text string
}

func (r redacted) Error() string { return r.text }
func (r redacted) Unwrap() error { return r.error }

func (s *store) redact(err error, stored string) error {
	if s.isDuplicate(err) {
		return gorm.ErrDuplicatedKey
	}
	return withoutKeys(err, stored)
}

// keyShaped is what may be a key, as the cookie or the row has it.
var keyShaped = regexp.MustCompile(`\b[0-9a-z]{32,64}\b`)

// withoutKeys takes all that may be a key out of the text of an error: of a cycle or a sweep it may name others than stored, while a key of
// Django's, which stored is then, may look like anything.
func withoutKeys(err error, stored string) error {
	text := err.Error()
	if stored != "" {
		text = strings.ReplaceAll(text, stored, "?")
	}
	if text = keyShaped.ReplaceAllString(text, "?"); text != err.Error() {
		return redacted{err, text}
	}
	return err
}

func (s *store) isDuplicate(err error) bool {
	if err == nil {
		return false
	}
	// The codes too, as GORM's translators do not see through errors that a plugin has wrapped.
	return errors.Is(err, gorm.ErrDuplicatedKey) || errors.Is(s.translate(err), gorm.ErrDuplicatedKey) ||
		s.dialectName == "postgres" && sqlState(err) == "23505" || s.dialectName == "mysql" && mysqlNumber(err) == 1062
}
