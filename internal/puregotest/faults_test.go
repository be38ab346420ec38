package puregotest

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/httpsession"
)

// A fault is what the database may say to a write, and what mends it.
type fault struct {
	name, begin, end string
	status           int
}

var faults = []fault{
	{"the disk is full", "PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1000000",
		http.StatusServiceUnavailable},
	{"read-only", "PRAGMA query_only = 1", "PRAGMA query_only = 0", http.StatusServiceUnavailable},
	{"the table is gone", "ALTER TABLE web_sessions RENAME TO away",
		"ALTER TABLE away RENAME TO web_sessions", http.StatusServiceUnavailable},
	{"a trigger refuses", "CREATE TRIGGER no BEFORE UPDATE ON web_sessions " +
		"BEGIN SELECT RAISE(ABORT, 'no'); END", "DROP TRIGGER no", http.StatusInternalServerError},
	{"a constraint", "CREATE TABLE other (name TEXT CHECK (name <> 'x')); CREATE TRIGGER no " +
		"BEFORE UPDATE ON web_sessions BEGIN INSERT INTO other VALUES ('x'); END", "DROP TRIGGER no",
		http.StatusInternalServerError},
	{"another type", "CREATE TABLE n (id INTEGER PRIMARY KEY); CREATE TRIGGER no BEFORE UPDATE " +
		"ON web_sessions BEGIN INSERT INTO n VALUES ('x'); END", "DROP TRIGGER no",
		http.StatusInternalServerError},
}

// What SQLite says is understood by each driver alike: what is wrong with the database is "try
// again later", and what it refuses is an error of the application's. Neither harms the session.
func TestFaultsOfEachDriver(t *testing.T) {
	eachDialector(t, inWAL, func(t *testing.T, dsn string, db *gorm.DB) {
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		pool.SetMaxOpenConns(1) // a pragma is one connection's
		s := newSite(t, db)
		s.wants("/", http.StatusOK, "1")
		for _, f := range faults {
			if err := db.Exec(f.begin).Error; err != nil {
				t.Fatalf("%s: %v", f.name, err)
			}
			s.wants("/", f.status, http.StatusText(f.status)+"\n")
			if err := db.Exec(f.end).Error; err != nil {
				t.Fatalf("%s: %v", f.name, err)
			}
			s.wants("/read", http.StatusOK, "1")
		}
		driver := "sqlite"
		if strings.HasSuffix(t.Name(), "/mattn") {
			driver = "sqlite3"
		}
		locker, err := sql.Open(driver, dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer locker.Close()
		locker.SetMaxOpenConns(1)
		if _, err := locker.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
			t.Fatal(err)
		}
		s.wants("/", http.StatusServiceUnavailable, "Service Unavailable\n")
		s.wants("/read", http.StatusOK, "1")
		if _, err := locker.ExecContext(t.Context(), "ROLLBACK"); err != nil {
			t.Fatal(err)
		}
		s.wants("/", http.StatusOK, "2")
		pool.Close()
		s.wants("/", http.StatusServiceUnavailable, "Service Unavailable\n")
	})
}

// A table that another connection has locked, in memory which connections share, is waited for
// until the time of the request is over, and no longer.
func TestLockedTableOfASharedCache(t *testing.T) {
	shared := "?mode=memory&cache=shared"
	eachDialector(t, shared, func(t *testing.T, _ string, db *gorm.DB) {
		s := newSite(t, db)
		s.wants("/", http.StatusOK, "1")
		lock := db.Begin()
		statement := "UPDATE web_sessions SET session_data = session_data"
		if err := lock.Exec(statement).Error; err != nil {
			t.Fatal(err)
		}
		giveUp := time.AfterFunc(10*time.Second, func() { lock.Rollback() })
		s.wants("/", http.StatusServiceUnavailable, "Service Unavailable\n")
		giveUp.Stop()
		lock.Rollback()
		s.wants("/", http.StatusOK, "2")
	})
}

// A site counts the visits of one visitor.
type site struct {
	t       *testing.T
	handler http.Handler
	cookie  *http.Cookie
}

const visits = httpsession.Field[int]("visits")

func newSite(t *testing.T, db *gorm.DB) *site {
	t.Helper()
	plugin, err := gormsession.New(db, gormsession.WithCleanup(0),
		gormsession.WithTimeout(300*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	count := func(w http.ResponseWriter, r *http.Request) {
		s := httpsession.Get(r)
		n := visits.Or(s, 0)
		if r.URL.Path == "/" {
			n = visits.Modify(s, func(n int) int { return n + 1 })
			s.Set("page", strings.Repeat("x", 9000*n)) // more than a page of the database
		}
		fmt.Fprint(w, n)
	}
	return &site{t: t, handler: httpsession.Handler(plugin)(http.HandlerFunc(count))}
}

// wants asks for a page and compares the answer.
func (s *site) wants(path string, status int, body string) {
	s.t.Helper()
	r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, path, nil)
	if s.cookie != nil {
		r.AddCookie(s.cookie)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if w.Code != status || w.Body.String() != body {
		s.t.Errorf("%s: got %d %q, want %d %q", path, w.Code, w.Body, status, body)
	}
	for _, cookie := range w.Result().Cookies() {
		s.cookie = cookie
	}
}
