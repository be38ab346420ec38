package otelsession_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
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

// unavailable visits a page, which has to be a 503 of that cause, counted once.
func (s *site) unavailable(
	cause, key string, page func(*gormsession.State, *http.Request),
) {
	s.t.Helper()
	status := 0
	got := s.moves(func() { status, _ = s.visit(key, page) })
	if status != http.StatusServiceUnavailable {
		s.t.Errorf("%s: answered with %d", cause, status)
	}
	if !slices.Contains(got, "requests.unavailable error.type="+cause) {
		s.t.Errorf("%s: it moves %q", cause, got)
	}
	if !slices.ContainsFunc(got, func(line string) bool {
		return strings.HasPrefix(line, "took ") && strings.Contains(line, "error.type="+cause)
	}) {
		s.t.Errorf("%s: no operation has failed by that: %q", cause, got)
	}
}

// soon is the time of a commit here.
const soon = 300 * time.Millisecond

// A database that says nothing is a timeout, one that is not there is unreachable, and once it is
// there again nothing is counted any more.
func TestServerThatGoesAway(t *testing.T) {
	for _, kind := range []dbtest.Kind{dbtest.Postgres, dbtest.MariaDB} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server := dbtest.StartServer(t, kind)
			s := newSite(t, server.DB(t), gormsession.WithTimeout(soon))
			key := s.start()
			server.Pause()
			s.unavailable("timeout", key, read)
			s.unavailable("timeout", "", set("name"))
			server.Resume()
			server.Stop()
			s.unavailable("unreachable", key, read)
			server.Start()
			if got := s.moves(func() {
				s.await(func() bool { status, _ := s.visit(key, read); return status == http.StatusOK })
			}); !slices.Contains(got, "took load,session.found=true") {
				t.Errorf("a database that is there again moves %q", got)
			}
		})
	}
}

// A row that somebody else holds is a timeout, and on SQLite, whose transactions all write to one
// file, a busy database.
func TestRowThatIsHeld(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := newSite(t, d, gormsession.WithTimeout(soon))
		key, cause := s.start(), "timeout"
		if d.Kind() == dbtest.SQLite {
			cause = "busy"
			s.one(t).Exec("PRAGMA busy_timeout = 50")
		}
		tx := d.Open(t).Begin()
		defer tx.Rollback()
		if err := tx.Exec("UPDATE web_sessions SET expire_date = expire_date").Error; err != nil {
			t.Fatal(err)
		}
		s.unavailable(cause, key, set("name"))
	})
}

// A pool that gives nothing away is told from a database that says nothing, where it can be told.
func TestPoolThatIsHeld(t *testing.T) {
	s := newSite(t, dbtest.New(t, dbtest.Postgres), gormsession.WithTimeout(soon))
	key := s.start()
	s.one(t)
	s.unavailable("no connection", key, func(session *gormsession.State, _ *http.Request) {
		tx := s.db.Begin()
		defer tx.Rollback()
		session.Get("name")
	})
}

// one has the pool have one connection.
func (s *site) one(t *testing.T) *gorm.DB {
	t.Helper()
	pool, err := s.db.DB()
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(1)
	return s.db
}

// What the database has undone and is done at the next try counts as a retry, and not as a 503;
// what it always undoes is busy.
func TestRetries(t *testing.T) {
	undone := map[dbtest.Kind]error{
		dbtest.SQLite:   sqlite3.Error{Code: sqlite3.ErrBusy},
		dbtest.Postgres: &pgconn.PgError{Code: "40001", Message: value},
		dbtest.MariaDB:  &mysql.MySQLError{Number: 1213, Message: value},
	}
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := newSite(t, d, gormsession.WithTimeout(soon))
		key := s.start()
		var failures atomic.Int32
		s.statements.Fail(func(sql string) error {
			if strings.HasPrefix(sql, "UPDATE") && failures.Add(-1) >= 0 {
				return undone[d.Kind()]
			}
			return nil
		})
		failures.Store(2)
		got := s.moves(func() { s.visit(key, set("name")) })
		want := []string{"operation.retries update 2", "took load,session.found=true", "took update"}
		if !slices.Equal(got, want) {
			t.Errorf("two tries too many move %q", got)
		}
		failures.Store(1000)
		s.unavailable("busy", key, set("name"))
	})
}

// What else may be the matter has a cause of its own, and what a database says is not in it.
func TestOtherCauses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := newSite(t, d, gormsession.WithTimeout(soon))
		key := s.start()
		s.statements.Fail(func(sql string) error {
			if strings.HasPrefix(sql, "SELECT") {
				return errAnything
			}
			return nil
		})
		s.unavailable("database", key, read)
		s.statements.Fail(nil)
		s.statements.FailAfter(func(sql string) error {
			if sql == "COMMIT" {
				return errAnything
			}
			return nil
		})
		s.unavailable("outcome unknown", key, func(session *gormsession.State, _ *http.Request) {
			gormsession.Field[int]("n").Modify(session, func(n int) int { return n + 1 })
		})
		s.statements.FailAfter(nil)
	})
}

// Data that cannot be unsealed is no fault of the database.
func TestKeyThatIsMissing(t *testing.T) {
	d := dbtest.New(t, dbtest.SQLite)
	sealed := newSite(t, d, gormsession.WithEncryption([]byte(strings.Repeat("k", 32))))
	key := sealed.start()
	other := newSite(t, d, gormsession.WithEncryption([]byte(strings.Repeat("o", 32))))
	other.unavailable("codec", key, read)
}

// A lost connection that does not come back is told as such.
func TestConnectionThatIsLost(t *testing.T) {
	d := dbtest.New(t, dbtest.Postgres)
	s := newSite(t, d, gormsession.WithTimeout(soon))
	key := s.start()
	s.statements.Fail(func(sql string) error {
		if strings.HasPrefix(sql, "SELECT") {
			return fmt.Errorf("%s: %w", value, io.ErrUnexpectedEOF)
		}
		return nil
	})
	s.unavailable("connection lost", key, read)
}
