package puregotest

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	libtnb "github.com/libtnb/sqlite"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/httpsession"
)

// dialectors are the ways to SQLite: the one with C, which the others are held to, and those
// without.
var dialectors = map[string]func(dsn string) gorm.Dialector{
	"mattn":  sqlite.Open,
	"libtnb": libtnb.Open,
	"gorm's, on modernc's driver": func(dsn string) gorm.Dialector {
		return sqlite.New(sqlite.Config{DriverName: "sqlite", DSN: dsn})
	},
}

// eachDialector runs f for each, with an empty database.
func eachDialector(t *testing.T, f func(t *testing.T, dsn string, db *gorm.DB)) {
	for name, dialector := range dialectors {
		t.Run(name, func(t *testing.T) {
			dsn := "file:" + filepath.Join(t.TempDir(), "app.db") +
				"?_journal_mode=WAL&_busy_timeout=20&_pragma=journal_mode(WAL)&_pragma=busy_timeout(20)"
			db, err := gorm.Open(dialector(dsn), &gorm.Config{Logger: logger.Discard})
			if err != nil {
				t.Fatal(err)
			}
			pool, err := db.DB()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { pool.Close() })
			f(t, dsn, db)
		})
	}
}

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
	eachDialector(t, func(t *testing.T, dsn string, db *gorm.DB) {
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

// New looks at a table through each driver alike: it refuses what cannot keep sessions, in the same
// words, and takes what can.
func TestTablesOfEachDriver(t *testing.T) {
	said := map[string][]string{}
	plain := strings.NewReplacer("SQL logic error: ", "", " (1)", "") // of the driver's own words
	tables := []string{
		"CREATE TABLE web_sessions (session_key varchar(64), session_data text, expire_date datetime)",
		"CREATE TABLE web_sessions (session_key varchar(20) PRIMARY KEY, session_data text NOT NULL, " +
			"expire_date datetime NOT NULL)",
		"CREATE TABLE web_sessions (session_key varchar(64) PRIMARY KEY, session_data text NOT NULL)",
		"CREATE TABLE web_sessions (session_key varchar(64) PRIMARY KEY, session_data text NOT NULL, " +
			"expire_date datetime NOT NULL, owner integer NOT NULL)",
		"CREATE TABLE web_sessions (session_key varchar(64) PRIMARY KEY, session_data text NOT NULL, " +
			"expire_date datetime NOT NULL)",
	}
	eachDialector(t, func(t *testing.T, _ string, db *gorm.DB) {
		_, err := gormsession.New(db, gormsession.WithoutMigration(), gormsession.WithCleanup(0))
		said[t.Name()] = append(said[t.Name()], plain.Replace(fmt.Sprint(err)))
		for _, table := range tables {
			if err := db.Exec("DROP TABLE IF EXISTS web_sessions").Error; err != nil {
				t.Fatal(err)
			}
			if err := db.Exec(table).Error; err != nil {
				t.Fatal(err)
			}
			_, err := gormsession.New(db, gormsession.WithCleanup(0))
			said[t.Name()] = append(said[t.Name()], plain.Replace(fmt.Sprint(err)))
		}
	})
	want := said[t.Name()+"/mattn"]
	for name, texts := range said {
		for i, text := range texts {
			if text != want[i] {
				t.Errorf("%s:\n%s\nand with C:\n%s", name, text, want[i])
			}
		}
	}
	if len(said) != len(dialectors) || want[len(want)-1] != "<nil>" || want[0] == "<nil>" {
		t.Errorf("%d, %q", len(said), want)
	}
}

// A session ends at its instant whatever a driver makes of times.
func TestZonesOfTheDriver(t *testing.T) {
	for _, query := range []string{
		"", "&_timezone=Asia/Tokyo", "&_timezone=America/New_York&_texttotime=1",
	} {
		db, err := gorm.Open(libtnb.Open("file:" + filepath.Join(t.TempDir(), "app.db") +
			"?_journal_mode=WAL" + query))
		if err != nil {
			t.Fatal(err)
		}
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		now := time.Date(2026, 3, 8, 6, 30, 0, 0, time.UTC)
		plugin, err := gormsession.New(db, gormsession.WithCleanup(0), gormsession.WithExpiryStep(0),
			gormsession.WithLifetime(time.Hour), gormsession.WithClock(func() time.Time { return now }))
		if err != nil {
			t.Fatal(err)
		}
		s, err := plugin.Open(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		s.Set("n", 1)
		if err := s.Save(); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			now = now.Add(time.Hour - time.Microsecond)
			again, err := plugin.Open(t.Context(), s.Key())
			if err != nil || again.IsNew() {
				t.Fatalf("%s: the session has ended before its time, %v", query, err)
			}
			if end := again.ExpiryDate(); !end.Equal(now.Add(time.Hour)) {
				t.Errorf("%s: it would end at %v", query, end)
			}
			again.Touch()
			if err := again.Save(); err != nil {
				t.Fatal(err)
			}
		}
		now = now.Add(time.Hour)
		if again, err := plugin.Open(t.Context(), s.Key()); err != nil || !again.IsNew() {
			t.Errorf("%s: the session has outlived its time, %v", query, err)
		}
	}
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
