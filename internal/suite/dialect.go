package suite

import (
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// MariaDB's usual collations call "Ann" and "ann" equal. A save must not take the one for the
// other.
func (on cases) TestStaleTextThatCollatesEqual(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newSite(t, d)
		for _, page := range []func(*Call){
			func(c *Call) { c.Session().Set("n", 1) },
			func(c *Call) { c.Session().Set("n", 1); pageC(c) },
		} {
			for _, name := range []string{"ann", "ANN", "Ann ", "Ánn"} {
				key := s.start(map[string]any{"name": "Ann"})
				got := s.visit(key, func(c *Call) {
					c.Session().Get("name")
					s.visit(key, writeName(name))
					page(c)
				})
				if entries := s.entries(got.cookie.Value); entries["name"] != name || entries["n"] != int64(1) {
					t.Errorf("%q was written meanwhile, and %v is left", name, entries)
				}
				if got.reads() != 2 { // the other request's, and the one before the replay
					t.Errorf("%q: nothing was replayed", name)
				}
			}
		}
	})
}

// A key is another one in other letters, also where the table was made by somebody else.
func (on cases) TestKeyThatCollatesEqual(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newSite(t, d, withLayout(layout.Django()))
		s.table, s.cookieName = "django_session", "sessionid"
		key := s.start(map[string]any{"name": "Ann"})
		before := s.rows()
		for _, other := range []string{strings.ToUpper(key), `"` + key + ` "`, `"` + key + `  "`, strings.Replace(key, key[:1], "à", 1), `"` + key + `\040"`} {
			got := s.visit(other, readName)
			if got.status != http.StatusOK || got.body != "null" {
				t.Errorf("%q opened the session: %d %s", other, got.status, got.body)
			}
			if s.visit(other, pageW); s.entries(key)["name"] != "Ann" {
				t.Errorf("%q wrote the session", other)
			}
		}
		if got := s.visit(key, readName); got.body != `"Ann"` || s.rows()[key] != before[key] {
			t.Errorf("the session itself: %s", got.body)
		}
	})
}

// On PostgreSQL our transactions say READ COMMITTED: under a serializable default each save that
// had to wait for another one would fail.
func (on cases) TestSerializableDefault(t *testing.T) {
	for name, config := range map[string]*gorm.Config{
		"transaction": {},
		"bare":        {SkipDefaultTransaction: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := dbtest.New(t, dbtest.Postgres)
			past := d.Open(t)
			err := past.Exec("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET" +
				" default_transaction_isolation = serializable', current_database()); END $$").Error
			if err != nil {
				t.Fatal(err)
			}
			s := on.newSiteWith(t, d, config)
			var level string
			if err := s.db.Raw("SHOW transaction_isolation").Scan(&level).Error; err != nil ||
				level != "serializable" {
				t.Fatalf("the default isolation is %q, %v", level, err)
			}
			for _, page := range []func(*Call){countVisit, func(c *Call) { countVisit(c); pageC(c) }} {
				key := s.start(map[string]any{"n": 0})
				other := past.Begin() // has saved, and is about to commit
				if err := other.Exec(`UPDATE web_sessions SET session_data = '{"n":5}' WHERE session_key = ?`, stored(key)).Error; err != nil {
					t.Fatal(err)
				}
				var committed sync.WaitGroup
				committed.Go(func() { commitWhenAwaited(t, other) })
				got := s.visit(key, page)
				committed.Wait()
				if is := s.entries(got.cookie.Value)["n"]; got.status != http.StatusOK || is != int64(6) ||
					got.reads() != 2 {
					t.Errorf("%d, and counted %v", got.status, is)
				}
				if !config.SkipDefaultTransaction && strings.Contains(got.verbs(), "ROLLBACK") {
					t.Errorf("a transaction failed: %s", got.verbs())
				}
			}
		})
	}
}

func countVisit(c *Call) {
	gormsession.Field[int]("n").Modify(c.Session(), func(n int) int { return n + 1 })
}

// commitWhenAwaited commits once somebody waits for a lock of the transaction's.
func commitWhenAwaited(t *testing.T, tx *gorm.DB) {
	defer tx.Commit()
	for begin := time.Now(); time.Since(begin) < 10*time.Second; {
		var waiting int64
		err := tx.Raw("SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY" +
			" (pg_blocking_pids(pid))").Scan(&waiting).Error
		if err != nil || waiting > 0 {
			if err != nil {
				t.Error(err)
			}
			return
		}
		runtime.Gosched()
	}
	t.Error("nobody has waited")
}

// "schema.table" names a table of another schema, or of another database.
func (on cases) TestTableInASchema(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		db, table := d.Open(t), "main.web_sessions" // SQLite's schemas are files
		switch d.Kind() {
		case dbtest.Postgres:
			table = "app.web_sessions"
			if err := db.Exec("CREATE SCHEMA app").Error; err != nil {
				t.Fatal(err)
			}
		case dbtest.MariaDB:
			table = dbtest.New(t, d.Kind()).Open(t).Migrator().CurrentDatabase() + ".web_sessions"
		}
		for range 2 { // the second finds the table
			s := on.newSiteOn(t, db, gormsession.WithTable(table))
			s.table = table
			key := s.start(map[string]any{"name": "Ann"})
			s.visit(key, writeName("Bob"))
			got := s.visit(key, pageC)
			if name := s.entries(got.cookie.Value)["name"]; name != "Bob" {
				t.Errorf("read %v", name)
			}
			if s.visit(got.cookie.Value, pageF); len(s.rows()) != 0 {
				t.Errorf("%d rows are left", len(s.rows()))
			}
		}
		if d.Kind() != dbtest.SQLite && db.Migrator().HasTable("web_sessions") {
			t.Error("a table was made in the default schema")
		}
	})
}
