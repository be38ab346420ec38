package suite

import (
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// comesBack visits until the database serves again: each connection to the old server that is left
// in the pool may cost one visit.
func (s *site) comesBack(key string) reply {
	s.t.Helper()
	var got reply
	for range 17 {
		if got = s.visit(key, showCounter); got.status == http.StatusOK {
			return got
		}
	}
	s.t.Fatalf("the database is back, but the session is not: %d\n%s", got.status, s.log)
	return got
}

// A server that is stopped, or does not answer, is a 503 in time: nobody is logged out, no session
// looks empty, and once the server is back all is as it was.
func (on cases) TestFaultServer(t *testing.T) {
	for _, kind := range []dbtest.Kind{dbtest.Postgres, dbtest.MariaDB} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server := dbtest.StartServer(t, kind)
			const timeout = 800 * time.Millisecond
			s := on.newSite(t, server.DB(t), gormsession.WithTimeout(timeout))
			key := s.start(map[string]any{"n": 1})

			// Stopped while the session is loaded: nobody is logged out, and no session looks
			// empty.
			server.Stop()
			s.visit(key, showCounter).unavailable(t)
			s.visit(key, increment).unavailable(t)
			s.visit("", increment).unavailable(t)
			s.visit(key, func(c *Call) { c.Session().Flush() }).unavailable(t)
			if got := s.visit(key, untouched); got.status != http.StatusOK {
				t.Errorf("a page without the session was answered with %d", got.status)
			}
			server.Start()
			if got := s.comesBack(key); got.body != "1" {
				t.Errorf("after the stop n is %s", got.body)
			}

			// Stopped while the session is saved.
			s.visit(key, func(c *Call) { increment(c); server.Stop() }).unavailable(t)
			server.Start()
			if got := s.comesBack(key); got.body != "1" {
				t.Errorf("a save that failed made n %s", got.body)
			}
			if got := s.visit(key, increment); got.status != http.StatusOK || got.body != "2" {
				t.Errorf("after two stops an increment gives %d %s", got.status, got.body)
			}

			// Paused: the answer comes in time. A save has one more look, of a quarter of the time.
			inTime := func(what string, page func(*Call)) {
				t.Helper()
				began := time.Now()
				s.visit(key, page).unavailable(t)
				server.Resume()
				if took, most := time.Since(began), timeout*5/4+2*time.Second; took > most {
					t.Errorf("%s: the answer took %v, and should take %v at most", what, took, most)
				}
			}
			server.Pause()
			inTime("paused while loading", showCounter)
			s.comesBack(key)
			inTime("paused while logging out", func(c *Call) {
				_ = c.Session().Load()
				server.Pause()
				c.Session().Flush()
			})
			s.comesBack(key)
			for _, verb := range []string{"BEGIN", "UPDATE", "COMMIT"} {
				before := s.comesBack(key).body
				s.statements.Fail(first(verb, nil, server.Pause))
				inTime("paused at the "+verb+" of a save", increment)
				s.statements.Fail(nil)
				n, _ := strconv.Atoi(before)
				if got := s.comesBack(key).body; got != before &&
					(got != strconv.Itoa(n+1) || verb == "BEGIN") {
					t.Errorf("%s: of %s an increment without an answer made %s", verb, before, got)
				}
			}
			if got := s.visit("", increment); got.status != http.StatusOK || got.cookieIs("") != "new" {
				t.Errorf("in the end a new session gives %d", got.status)
			}
			if strings.Contains(s.log.String(), key) {
				t.Error("the log shows a session key")
			}
		})
	}
}

// holdLock is a process that has the one write lock of a SQLite database until its standard input
// ends.
func holdLock() {
	db, err := sql.Open("sqlite3", os.Getenv(dsnVariable))
	if err == nil {
		db.SetMaxOpenConns(1)
		_, err = db.Exec("BEGIN " + os.Getenv(kindVariable))
	}
	fmt.Println("locked", err)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// A SQLite database that another process has locked for too long is a 503 for what needs the lock,
// and for nothing else.
func (on cases) TestFaultSQLiteLocked(t *testing.T) {
	for _, mode := range []string{"IMMEDIATE", "EXCLUSIVE"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			d := dbtest.New(t, dbtest.SQLite)
			dsn := strings.Replace(d.DSN(), "_busy_timeout=5000", "_busy_timeout=20", 1)
			if mode == "EXCLUSIVE" { // keeps readers out as well, but not in WAL mode
				dsn = strings.Replace(dsn, "_journal_mode=WAL", "_journal_mode=DELETE", 1)
			}
			db, err := dbtest.OpenDSN(dbtest.SQLite, dsn, &gorm.Config{})
			if err != nil {
				t.Fatal(err)
			}
			s := on.newSiteOn(t, db, gormsession.WithTimeout(time.Second))
			key := s.start(map[string]any{"n": 1})
			process, stdin, stdout := startProcess(t, "lock", os.Stderr, kindVariable+"="+mode,
				dsnVariable+"="+dsn)
			if line, err := stdout.ReadString('\n'); line != "locked <nil>\n" {
				t.Fatal(line, err)
			}
			if got := s.visit(key, showCounter); mode == "EXCLUSIVE" {
				got.unavailable(t)
			} else if got.body != "1" {
				t.Errorf("a reader got %d %s", got.status, got.body)
			}
			s.visit(key, increment).unavailable(t)
			s.visit("", increment).unavailable(t)
			s.log.wants(t, "database is locked")
			stdin.Close()
			if err := process.Wait(); err != nil {
				t.Error(err)
			}
			if got := s.visit(key, increment); got.body != "2" {
				t.Errorf("without the lock an increment gives %d %s", got.status, got.body)
			}
		})
	}
}

// A handler that holds the only connection of the pool while its session is loaded is answered, and
// the log says why.
func (on cases) TestFaultPoolExhausted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newSite(t, d, gormsession.WithTimeout(500*time.Millisecond))
		key := s.start(map[string]any{"n": 1})
		pool, err := s.db.DB()
		if err != nil {
			t.Fatal(err)
		}
		pool.SetMaxOpenConns(1)
		inTransaction := func(page func(*Call)) func(*Call) {
			return func(c *Call) {
				err := s.db.Transaction(func(*gorm.DB) error { page(c); return nil })
				if err != nil {
					t.Error(err)
				}
			}
		}
		s.visit(key, inTransaction(showCounter)).unavailable(t)
		s.log.wants(t, "all 1 connections of the pool are in use", "SetMaxOpenConns of 2 and more")
		// A session that is loaded before the transaction is saved after it.
		got := s.visit(key, func(c *Call) {
			_ = c.Session().Load()
			inTransaction(increment)(c)
		})
		if got.status != http.StatusOK || got.body != "2" {
			t.Errorf("with one connection an increment gives %d %s", got.status, got.body)
		}
	})
}
