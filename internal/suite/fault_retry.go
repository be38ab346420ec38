package suite

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// rollbacks are the errors by which a database says that it has undone everything, and that another
// try may succeed.
var rollbacks = map[dbtest.Kind][]error{
	dbtest.SQLite: {
		sqlite3.Error{Code: sqlite3.ErrBusy},
		sqlite3.Error{Code: sqlite3.ErrLocked},
		sqlite3.Error{Code: sqlite3.ErrBusy, ExtendedCode: sqlite3.ErrBusySnapshot},
	},
	dbtest.Postgres: {
		&pgconn.PgError{Code: "40001", Message: "could not serialize access"},
		&pgconn.PgError{Code: "40P01", Message: "deadlock detected"},
	},
	dbtest.MariaDB: {
		&mysql.MySQLError{Number: 1213, Message: "Deadlock found"},
		&mysql.MySQLError{Number: 1205, Message: "Lock wait timeout exceeded"},
		&mysql.MySQLError{Number: 1020, Message: "Record has changed since last read"},
	},
}

// refusals are errors that another try cannot mend.
var refusals = map[dbtest.Kind]error{
	dbtest.SQLite: sqlite3.Error{Code: sqlite3.ErrReadonly},
	dbtest.Postgres: &pgconn.PgError{
		Code: "25006", Message: "cannot execute in a read-only transaction",
	},
	dbtest.MariaDB: &mysql.MySQLError{
		Number: 1290, Message: "The server is running with the --read-only option",
	},
}

// failsFirst gives err to the first n statements of that verb, and counts how many there are.
func failsFirst(
	verb string, err error, n int32,
) (fail func(sql string) error, count *atomic.Int32) {
	count = new(atomic.Int32)
	return func(sql string) error {
		if strings.HasPrefix(sql, verb) && count.Add(1) <= n {
			return err
		}
		return nil
	}, count
}

// What the database has certainly undone is tried again until the time is over, at a load as well
// as at each kind of save.
func (on cases) TestFaultRollbackIsRetried(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		// The pauses of four tries take 0.3 s at most.
		s, hasty := on.newSite(t, d), on.newSite(t, d, gormsession.WithTimeout(300*time.Millisecond))
		check := func(rollback error, verb string, start func() (key string), page func(*Call)) {
			t.Helper()
			visit := func(s *site, failures int32) (reply, int32) {
				key := start()
				fail, count := failsFirst(verb, rollback, failures)
				s.statements.Fail(fail)
				defer s.statements.Fail(nil)
				return s.visit(key, page), count.Load()
			}
			if got, n := visit(s, 4); got.status != http.StatusOK || n != 5 {
				t.Errorf("%s, four times %v: %d after %d tries", verb, rollback, got.status, n)
			}
			got, n := visit(hasty, 1000)
			got.unavailable(t)
			if n < 2 {
				t.Errorf("%s, always %v: %d tries", verb, rollback, n)
			}
		}
		live := func() string { return s.start(map[string]any{"n": 1}) }
		for _, rollback := range rollbacks[d.Kind()] {
			check(rollback, "UPDATE", live, increment)
		}
		one := rollbacks[d.Kind()][0]
		check(one, "SELECT", live, showCounter)
		check(one, "COMMIT", live, increment)
		check(one, "UPDATE", live, func(c *Call) { s.clock.advance(24 * time.Hour); c.Session().Touch() })
		check(one, "UPDATE", live, func(c *Call) { c.Session().CycleKey() })
		check(one, "DELETE", live, func(c *Call) { c.Session().Flush() })
		check(one, "INSERT", func() string { return "" }, increment)
		// Each save of those that came through was done once.
		for _, row := range s.rows() {
			if row.data != `{"n":1}` && row.data != `{"n":2}` {
				t.Errorf("a row holds %s", row.data)
			}
		}
	})
}

// What another try cannot mend is tried once.
func (on cases) TestFaultRefusalIsNotRetried(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newSite(t, d)
		key := s.start(map[string]any{"n": 1})
		for verb, page := range map[string]func(*Call){
			"SELECT": showCounter,
			"UPDATE": increment,
			"DELETE": func(c *Call) { c.Session().Flush() },
		} {
			fail, count := failsFirst(verb, refusals[d.Kind()], 100)
			s.statements.Fail(fail)
			s.visit(key, page).unavailable(t)
			if n := count.Load(); n != 1 {
				t.Errorf("%s: %d tries", verb, n)
			}
		}
		s.statements.Fail(nil)
		if got := s.visit(key, showCounter); got.body != "1" {
			t.Errorf("what was refused made %s of 1", got.body)
		}
	})
}

// A statement may fail because somebody else has left with whom a plugin has put it together. It is
// tried once more.
func (on cases) TestFaultCanceledBySomebodyElse(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newSiteWith(t, d, &gorm.Config{PrepareStmt: true})
		key := s.start(map[string]any{"n": 1})
		for verb, page := range map[string]func(*Call){"SELECT": showCounter, "UPDATE": increment} {
			fail, count := failsFirst(verb, context.Canceled, 1)
			s.statements.Fail(fail)
			if got := s.visit(key, page); got.status != http.StatusOK || count.Load() != 2 {
				t.Errorf("%s, once: answered with %d after %d tries", verb, got.status, count.Load())
			}
			fail, count = failsFirst(verb, context.Canceled, 100)
			s.statements.Fail(fail)
			s.visit(key, page).unavailable(t)
			if n := count.Load(); n != 2 {
				t.Errorf("%s, always: %d tries", verb, n)
			}
			s.statements.Fail(nil)
		}
	})
}

// A logout that fails says so and leaves the cookie, so that the user can try again.
func (on cases) TestFaultFlush(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newSite(t, d)
		key := s.start(map[string]any{"n": 1})
		for name, page := range map[string]func(*Call){
			"page":  func(c *Call) { c.Session().Flush() },
			"error": func(c *Call) { c.Session().Flush(); c.Status(http.StatusInternalServerError) },
			"new":   func(c *Call) { c.Session().Flush(); c.Session().Set("n", 2) },
		} {
			s.statements.Fail(func(sql string) error {
				if strings.HasPrefix(sql, "DELETE") {
					return refusals[d.Kind()]
				}
				return nil
			})
			s.visit(key, page).unavailable(t)
			if s.entries(key)["n"] != int64(1) || len(s.rows()) != 1 {
				t.Errorf("%s: a logout that failed left %v", name, s.rows())
			}
		}
		s.statements.Fail(nil)
		if got := s.visit(key, func(c *Call) { c.Session().Flush() }); got.cookieIs(key) != "deleted" ||
			len(s.rows()) != 0 {
			t.Errorf("the second try was answered with %d, and left %v", got.status, s.rows())
		}
	})
}

// A fault never passes for a session that is gone, nor does an error handler hear of a fault twice.
func (on cases) TestFaultErrorHandler(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		var heard []error
		later := func(w http.ResponseWriter, _ *http.Request, err error) bool {
			heard = append(heard, err)
			w.WriteHeader(http.StatusTeapot)
			fmt.Fprint(w, "later")
			return true
		}
		s := on.newSite(t, d, gormsession.WithErrorHandler(later))
		key := s.start(map[string]any{"n": 1})
		for verb, page := range map[string]func(*Call){
			"SELECT": showCounter,
			"UPDATE": increment,
			"DELETE": func(c *Call) { c.Session().Flush() },
		} {
			heard = nil
			fail, _ := failsFirst(verb, refusals[d.Kind()], 100)
			s.statements.Fail(fail)
			got := s.visit(key, page)
			if got.status != http.StatusTeapot || got.body != "later" || got.cookie != nil {
				t.Errorf("%s: answered with %d %s %v", verb, got.status, got.body, got.cookie)
			}
			if len(heard) != 1 || !errors.Is(heard[0], gormsession.ErrUnavailable) ||
				errors.Is(heard[0], gormsession.ErrInterrupted) {
				t.Errorf("%s: the handler heard %v", verb, heard)
			}
		}
	})
}
