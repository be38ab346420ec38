package suite

import (
	"context"
	"database/sql"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/plugin/dbresolver"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Where the database is slow and the pool is used up by that, the log does not tell anybody to
// change the pool: more connections would not help. (That it does where they would,
// TestFaultPoolExhausted shows.)
func (on cases) TestPoolHintIsTrue(t *testing.T) {
	for _, k := range []dbtest.Kind{dbtest.Postgres, dbtest.MariaDB} {
		t.Run(string(k), func(t *testing.T) {
			t.Parallel()
			server := dbtest.StartServer(t, k)
			s := on.newSite(t, server.DB(t), gormsession.WithTimeout(300*time.Millisecond))
			key := s.start(map[string]any{"name": "Ann"})
			pool, err := s.db.DB()
			if err != nil {
				t.Fatal(err)
			}
			server.Pause()
			defer server.Resume()
			for _, connections := range []int{10, 1, 2, 1} {
				pool.SetMaxOpenConns(connections)
				var visits sync.WaitGroup
				for range 3*connections + 2 {
					visits.Go(func() {
						if got := s.visit(key, readName); got.status != http.StatusServiceUnavailable {
							t.Errorf("a silent database gave %d", got.status)
						}
					})
				}
				visits.Wait()
				s.visit(key, readName)
			}
			if log := s.log.String(); strings.Contains(log, "SetMaxOpenConns") {
				t.Errorf("the log says %.500s", log)
			}
		})
	}
}

// tellsOfPool tells whether the log has told of the pool, and forgets it.
func (s *site) tellsOfPool() bool {
	defer s.log.forget()
	return strings.Contains(s.log.String(), "SetMaxOpenConns of 2 and more")
}

// A pool of one whose connection our own statement has, which waits for a lock, is not said to be
// too small; one whose connection the application has is, whatever the page does.
func (on cases) TestPoolHintOfAPoolOfOne(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		dsn := strings.Replace(d.DSN(), "_busy_timeout=5000", "_busy_timeout=20", 1)
		db := openDSN(t, d.Kind(), dsn, c.Gorm())
		s := on.newSiteOn(t, db, gormsession.WithTimeout(300*time.Millisecond))
		key := s.start(map[string]any{"n": 1})
		s.pool().SetMaxOpenConns(1)
		aside, err := d.Open(t).DB()
		if err != nil {
			t.Fatal(err)
		}
		locker, err := aside.Conn(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		defer locker.Close()
		do := func(statements ...string) {
			t.Helper()
			for _, statement := range statements {
				if _, err := locker.ExecContext(context.Background(), statement); err != nil {
					t.Fatal(err)
				}
			}
		}
		pages := map[string]func(*Call){
			"read": readName, "set": writeName("Eve"), "modify": increment,
		}
		if d.Kind() == dbtest.SQLite {
			delete(pages, "read") // readers do not mind a writer
		}
		statements := lockTable[d.Kind()]
		do(statements[:len(statements)-1]...)
		for name, page := range pages {
			var visits sync.WaitGroup
			for i := range 6 {
				visits.Go(func() { s.visit(key, page) })
				if i == 0 {
					visits.Wait() // one alone, and then several at once
				}
			}
			visits.Wait()
			if s.tellsOfPool() {
				t.Errorf("%s waited for the database, and the log tells of the pool", name)
			}
		}
		do(statements[len(statements)-1])
		if got := s.visit(key, showCounter); got.status != http.StatusOK {
			t.Fatalf("without the lock: %d\n%s", got.status, s.log)
		}
		held, err := s.pool().Conn(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		defer held.Close()
		pages["read"] = readName
		for name, page := range pages {
			s.visit(key, page).unavailable(t)
			if !s.tellsOfPool() {
				t.Errorf("%s waited for the application, and the log does not tell of the pool", name)
			}
			var visits sync.WaitGroup
			for range 6 {
				visits.Go(func() { s.visit(key, page) })
			}
			visits.Wait()
			s.tellsOfPool() // may be: of those that were behind others of ours nobody knows
			held.Close()
			s.visit(key, showCounter)
			if held, err = s.pool().Conn(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// With a resolver it is the source's pool that counts.
func (on cases) TestPoolHintOfAResolver(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		db := d.Open(t)
		first, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		resolver := dbresolver.Register(dbresolver.Config{
			Sources: []gorm.Dialector{dbtest.New(t, d.Kind()).Dialector()},
		})
		if err := db.Use(resolver); err != nil {
			t.Fatal(err)
		}
		source, err := db.Clauses(dbresolver.Write).DB()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { source.Close() })
		s := on.newSiteOn(t, db, gormsession.WithTimeout(300*time.Millisecond))
		key := s.start(map[string]any{"n": 1})
		for _, test := range []struct {
			held, free *sql.DB
			status     int
		}{{source, first, http.StatusServiceUnavailable}, {first, source, http.StatusOK}} {
			test.held.SetMaxOpenConns(1)
			test.free.SetMaxOpenConns(2)
			held, err := test.held.Conn(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if got := s.visit(key, showCounter); got.status != test.status {
				t.Errorf("answered with %d, not %d\n%s", got.status, test.status, s.log)
			}
			if told := s.tellsOfPool(); told != (test.held == source) {
				t.Errorf("the source's pool is used up: %t; the log tells of it: %t", test.held == source, told)
			}
			held.Close()
		}
	})
}

// Nor is it where another request's statement has the connection.
func (on cases) TestPoolHintBehindAnotherRequest(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newSite(t, d, gormsession.WithTimeout(300*time.Millisecond))
		key := s.start(map[string]any{"name": "Ann"})
		s.pool().SetMaxOpenConns(1)
		s.statements.Hook(once("SELECT", func() { s.visit(key, readName).unavailable(t) }))
		s.visit(key, readName)
		if s.tellsOfPool() {
			t.Error("the log tells of the pool")
		}
	})
}
