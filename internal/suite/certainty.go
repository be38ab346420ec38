package suite

import (
	"errors"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// writes are the ways to write, each with the verb of its statement.
var writes = []struct {
	name, verb string
	fresh      bool
	relative   bool // it never goes bare
	page       func(*Call)
}{
	{"set", "UPDATE", false, false, writeName("Bob")},
	{"modify", "UPDATE", false, true, increment},
	{"login", "UPDATE", false, true, func(c *Call) { writeName("Bob")(c); pageC(c) }},
	{"login by Save", "UPDATE", false, true, func(c *Call) { pageC(c); saves(c) }},
	{"create", "INSERT", true, false, increment},
	{"logout", "DELETE", false, false, pageF},
	{"renewal", "UPDATE", false, false, pageT},
}

// lastWords is what a database, or a driver, may say at the second try.
func lastWords(kind dbtest.Kind) map[string]error {
	constraint := map[dbtest.Kind]error{
		dbtest.SQLite:   sqlite3.Error{Code: sqlite3.ErrConstraint},
		dbtest.Postgres: &pgconn.PgError{Code: "23514", Message: "check"},
		dbtest.MariaDB:  &mysql.MySQLError{Number: 4025, Message: "check"},
	}[kind]
	return map[string]error{
		"read-only":    refusals[kind],
		"a constraint": constraint,
		"a conflict":   rollbacks[kind][0],
		"lost again":   lost[kind],
		"no table":     errors.New("no such table"),
	}
}

// After a COMMIT whose end is open, nothing that a second try says makes it certain: neither that
// the old data is intact, nor that the session was deleted.
func (on cases) TestNothingIsMoreCertainThanTheFirstTry(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, config dbtest.Config) {
		t.Parallel()
		a, _ := on.nodes(t, d, config.Gorm(), gormsession.WithTimeout(time.Second))
		for _, w := range writes {
			verb := "COMMIT"
			if a.db.SkipDefaultTransaction && !w.relative {
				verb = w.verb
			}
			for _, arrives := range []bool{true, false} {
				for words, err := range lastWords(d.Kind()) {
					waits := words == "a conflict" || words == "lost again" // until the time is over
					if waits && (!arrives || w.name != "login" && w.name != "create") {
						continue
					}
					key := ""
					if !w.fresh {
						key = a.start(map[string]any{"n": 1})
					}
					a.clock.advance(24 * time.Hour)
					var open atomic.Bool
					fault := func(sql string) error {
						if strings.HasPrefix(sql, verb) && open.CompareAndSwap(false, true) {
							return lost[d.Kind()]
						}
						return nil
					}
					second := func(sql string) error {
						if open.Load() && sql != "ROLLBACK" {
							return err
						}
						return nil
					}
					if arrives {
						a.statements.FailAfter(fault)
						a.statements.Fail(second)
					} else {
						a.statements.Fail(func(sql string) error {
							if err := second(sql); err != nil {
								return err
							}
							return fault(sql)
						})
					}
					got, told := a.do(key, w.page)
					a.heals()
					if got.status != http.StatusServiceUnavailable || got.cookie != nil ||
						!errors.Is(told, gormsession.ErrOutcomeUnknown) {
						t.Errorf("%s, arrived %t, then %s: answered with %d, %q (%v)",
							w.name, arrives, words, got.status, got.line, told)
					}
					if rows := a.rows(); len(rows) > 1 {
						t.Errorf("%s, then %s: there are %d rows", w.name, words, len(rows))
					}
					a.exec("DELETE FROM web_sessions")
				}
			}
		}
	})
}

// full is what a server says that has no connection left.
var full = map[dbtest.Kind]error{
	dbtest.Postgres: &pgconn.PgError{Code: "53300", Message: "too many clients already"},
	dbtest.MariaDB:  &mysql.MySQLError{Number: 1040, Message: "Too many connections"},
}

// What certainly failed is said to have failed: no COMMIT was sent, or the database has undone it.
// A statement alone that is lost may have been done, and not where it has got no connection.
func (on cases) TestWhatIsUndoneIsUnavailable(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, config dbtest.Config) {
		t.Parallel()
		a, _ := on.nodes(t, d, config.Gorm(), gormsession.WithTimeout(300*time.Millisecond))
		for _, w := range writes {
			fails := map[string]error{"BEGIN": lost[d.Kind()], w.verb: lost[d.Kind()]}
			if a.db.SkipDefaultTransaction && !w.relative {
				fails = map[string]error{w.verb: full[d.Kind()]}
			}
			for verb, err := range fails {
				if err == nil {
					continue
				}
				key := ""
				if !w.fresh {
					key = a.start(map[string]any{"n": 1})
				}
				before := a.rows()
				a.clock.advance(24 * time.Hour)
				a.statements.Fail(failing(verb, err))
				got, told := a.do(key, w.page)
				a.heals()
				if got.status != http.StatusServiceUnavailable || got.cookie != nil ||
					!errors.Is(told, gormsession.ErrUnavailable) {
					t.Errorf("%s, no %s: answered with %d (%v)", w.name, verb, got.status, told)
				}
				if after := a.rows(); !maps.Equal(before, after) {
					t.Errorf("%s, no %s: %v became %v", w.name, verb, before, after)
				}
				a.exec("DELETE FROM web_sessions")
			}
		}
	})
}

// duplicate is what the database says of a key that is taken, in its driver's own words.
func (s *site) duplicate() error {
	s.t.Helper()
	s.exec("CREATE TABLE taken (k varchar(8) PRIMARY KEY)")
	s.exec("INSERT INTO taken VALUES ('a')")
	_, err := s.pool().ExecContext(s.t.Context(), "INSERT INTO taken VALUES ('a')")
	if err == nil {
		s.t.Fatal("a key was taken twice")
	}
	return err
}

// An INSERT that the driver sends twice by itself is a duplicate of its own: it is looked at, and
// where that fails nobody knows. Never is there a second row.
func (on cases) TestDuplicateOfItsOwn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		config := dbtest.Config{Bare: true}
		a, _ := on.nodes(t, d, config.Gorm(), gormsession.WithTimeout(time.Second))
		duplicate := a.duplicate()
		for words, err := range lastWords(d.Kind()) {
			a.statements.FailAfter(first("INSERT", duplicate, nil))
			got, told := a.do("", increment)
			if got.status != http.StatusOK || len(a.rows()) != 1 {
				t.Errorf("sent twice: answered with %d (%v), %d rows",
					got.status, told, len(a.rows()))
			}
			a.statements.FailAfter(first("INSERT", duplicate, nil))
			a.statements.Fail(failing("SELECT", err))
			got, told = a.do("", increment)
			a.heals()
			if got.status != http.StatusServiceUnavailable || got.cookie != nil ||
				!errors.Is(told, gormsession.ErrOutcomeUnknown) {
				t.Errorf("sent twice, then %s: answered with %d (%v)", words, got.status, told)
			}
			if n := len(a.rows()); n != 2 {
				t.Errorf("sent twice, then %s: there are %d rows", words, n)
			}
			a.exec("DELETE FROM web_sessions")
		}
	})
}

// What Save says of an end that is open is what the request is answered with, whatever the handler
// does next.
func (on cases) TestSaveTellsThatTheEndIsOpen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		a, _ := on.nodes(t, d, (dbtest.Config{}).Gorm(), gormsession.WithTimeout(time.Second))
		key := a.start(map[string]any{"n": 1})
		var said error
		a.loses("COMMIT", func() { a.statements.Fail(failing("BEGIN", refusals[d.Kind()])) })
		got, told := a.do(key, func(c *Call) {
			increment(c)
			said = c.Session().Save()
			a.heals()
			increment(c)
		})
		if got.status != http.StatusServiceUnavailable ||
			!errors.Is(said, gormsession.ErrOutcomeUnknown) ||
			!errors.Is(told, gormsession.ErrOutcomeUnknown) {
			t.Errorf("Save said %v, and the answer was %d (%v)", said, got.status, told)
		}
		if n := a.entries(key)["n"]; n != int64(2) {
			t.Errorf("n is %v", n)
		}
	})
}
