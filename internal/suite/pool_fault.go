package suite

import (
	"context"
	"database/sql"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// visitsOf are the pages that meet a fault in each of the store's statements.
var visitsOf = map[string]func(*Call){
	"read":   showCounter,
	"modify": increment,
	"set":    writeName("Ann"),
	"touch":  func(c *Call) { c.Session().Touch() },
	"cycle":  func(c *Call) { c.Session().CycleKey() },
	"save":   func(c *Call) { increment(c); _ = c.Session().Save() },
}

// allUnavailable checks that a fault is a 503 for each kind of request: with a session and for a
// new one.
func (s *site) allUnavailable(key string) {
	s.t.Helper()
	for name, page := range visitsOf {
		if got := s.visit(key, page); !got.is503() {
			s.t.Errorf("%s was answered with %d %q, %q\n%s",
				name, got.status, got.body, got.line, s.log)
		}
	}
	flush := func(c *Call) { c.Session().Flush() }
	if got := s.visit(key, flush); !got.is503() {
		s.t.Errorf("a logout was answered with %d %q", got.status, got.body)
	}
	if got := s.visit("", increment); !got.is503() {
		s.t.Errorf("a new session was answered with %d %q", got.status, got.body)
	}
	text := s.log.String()
	if !strings.Contains(text, gormsession.ErrUnavailable.Error()) {
		s.t.Errorf("the log does not say that the database is unavailable:\n%s", text)
	}
}

// fresh is a site as of a process that has just started: no statement has been prepared, but by
// New.
func (on ground) fresh(
	t *testing.T, d *dbtest.DB, c dbtest.Config, opts ...gormsession.Option,
) *site {
	t.Helper()
	return on.newSiteOn(t, d.Open(t, c.Gorm()), opts...)
}

// openDSN opens a pool that is closed at the end of the test.
func openDSN(t *testing.T, kind dbtest.Kind, dsn string, opts ...gorm.Option) *gorm.DB {
	t.Helper()
	db, err := dbtest.OpenDSN(kind, dsn, opts...)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return db
}

func (s *site) pool() *sql.DB {
	s.t.Helper()
	pool, err := s.db.DB()
	if err != nil {
		s.t.Fatal(err)
	}
	return pool
}

// A pool that is closed is a 503, before the first statement of a process and after it.
func (on cases) TestFaultPoolClosed(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		s := on.fresh(t, d, c)
		key := s.start(map[string]any{"n": 1})
		cold := on.fresh(t, d, c)
		cold.pool().Close()
		cold.allUnavailable(key)
		s.visit(key, increment)
		s.pool().Close()
		s.allUnavailable(key)
	})
}

// A table that is dropped is a 503, and nobody is logged out when it is there again.
func (on cases) TestFaultTableDropped(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		warm, aside := on.fresh(t, d, c), d.Open(t)
		key := warm.start(map[string]any{"n": 1})
		warm.visit(key, increment)
		cold := on.fresh(t, d, c)
		rename := func(from, to string) {
			t.Helper()
			if err := aside.Exec("ALTER TABLE " + from + " RENAME TO " + to).Error; err != nil {
				t.Fatal(err)
			}
		}
		rename("web_sessions", "away")
		for _, s := range []*site{cold, warm} {
			s.allUnavailable(key)
		}
		rename("away", "web_sessions")
		for _, s := range []*site{cold, warm} {
			for range 17 {
				if got := s.visit(key, increment); got.status != http.StatusOK {
					t.Fatalf("the table is back, and the answer is %d\n%s", got.status, s.log)
				}
			}
		}
	})
}

// lockTable are the statements that keep everybody else out of a table.
var lockTable = map[dbtest.Kind][]string{
	dbtest.SQLite:   {"BEGIN EXCLUSIVE", "ROLLBACK"},
	dbtest.Postgres: {"BEGIN", "LOCK TABLE web_sessions IN ACCESS EXCLUSIVE MODE", "ROLLBACK"},
	dbtest.MariaDB:  {"LOCK TABLES web_sessions WRITE", "UNLOCK TABLES"},
}

// A table that is locked beyond the deadline is a 503 in time, and serves when the lock is gone.
func (on cases) TestFaultTableLocked(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		const timeout = 200 * time.Millisecond
		open := func() *site {
			dsn := strings.Replace(d.DSN(), "_busy_timeout=5000", "_busy_timeout=20", 1)
			db := openDSN(t, d.Kind(), dsn, c.Gorm())
			return on.newSiteOn(t, db, gormsession.WithTimeout(timeout))
		}
		warm := open()
		key := warm.start(map[string]any{"n": 1})
		cold := open()
		pool, err := d.Open(t).DB()
		if err != nil {
			t.Fatal(err)
		}
		conn, err := pool.Conn(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		do := func(statements ...string) {
			t.Helper()
			for _, statement := range statements {
				if _, err := conn.ExecContext(context.Background(), statement); err != nil {
					t.Fatal(err)
				}
			}
		}
		statements := lockTable[d.Kind()]
		last := len(statements) - 1
		do(statements[:last]...)
		for _, s := range []*site{cold, warm} {
			for name, page := range visitsOf {
				if d.Kind() == dbtest.SQLite && (name == "read" || name == "touch") {
					continue // readers do not mind a writer
				}
				got := s.visit(key, page)
				if !got.is503() {
					t.Errorf("%s was answered with %d %q\n%s", name, got.status, got.body, s.log)
				}
			}
		}
		do(statements[last])
		for _, s := range []*site{cold, warm} {
			if got := s.visit(key, showCounter); got.status != http.StatusOK || got.body != "1" {
				t.Errorf("without the lock: %d %s\n%s", got.status, got.body, s.log)
			}
			if got := s.visit(key, writeName("Ann")); got.status != http.StatusOK {
				t.Errorf("without the lock: %d\n%s", got.status, s.log)
			}
		}
	})
}

// A connection that is lost at a statement of a process that has run for a while costs another try,
// and a 503 where each try loses its own.
func (on cases) TestFaultConnectionLostAtEachStatement(t *testing.T) {
	serverConfigs(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		s := on.newSiteWith(t, d, c.Gorm())
		hurried := on.newSiteWith(t, d, c.Gorm(), gormsession.WithTimeout(time.Second))
		key, e, n := s.start(map[string]any{"n": 0}), newExecutioner(t, d), 0
		verbs := map[string]func(*Call){"SELECT": showCounter, "UPDATE": increment}
		for verb, page := range verbs {
			for range 3 {
				s.visit(key, increment)
				n++
				s.statements.Hook(once(verb, e.kill))
				if got := s.visit(key, page); got.status != http.StatusOK {
					t.Errorf("%s, once: answered with %d\n%s", verb, got.status, s.log)
				}
				if verb == "UPDATE" {
					n++
				}
				s.statements.Hook(nil)
				hurried.visit(key, showCounter)
				hurried.statements.Hook(func(sql string) {
					if strings.HasPrefix(sql, verb) {
						e.kill()
					}
				})
				hurried.visit(key, page).unavailable(t)
				hurried.statements.Hook(nil)
			}
		}
		s.statements.Hook(once("COMMIT", e.kill))
		if got := s.visit(key, increment); got.status != http.StatusOK {
			t.Errorf("COMMIT: answered with %d\n%s", got.status, s.log)
		}
		if got := s.visit(key, showCounter); got.body != strconv.Itoa(n+1) {
			t.Errorf("n is %s of %d", got.body, n+1)
		}
	})
}

// once has happen before the first statement of that verb.
func once(verb string, happen func()) func(sql string) {
	var done atomic.Bool
	return func(sql string) {
		if strings.HasPrefix(sql, verb) && !done.Swap(true) {
			happen()
		}
	}
}
