package gormsession_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// MariaDB's usual collations call "Ann" and "ann" equal. A save must not take the one for the other.
func TestStaleTextThatCollatesEqual(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := newSite(t, d)
		for _, page := range []func(*gin.Context){
			func(c *gin.Context) { ginsession.Get(c).Set("n", 1) },
			func(c *gin.Context) { ginsession.Get(c).Set("n", 1); pageC(c) },
		} {
			for _, name := range []string{"ann", "ANN", "Ann ", "Ánn"} {
				key := s.start(map[string]any{"name": "Ann"})
				replays := s.plugin.Replays()
				got := s.visit(key, func(c *gin.Context) {
					ginsession.Get(c).Get("name")
					s.visit(key, writeName(name))
					page(c)
				})
				if entries := s.entries(got.cookie.Value); entries["name"] != name || entries["n"] != int64(1) {
					t.Errorf("%q was written meanwhile, and %v is left", name, entries)
				}
				if s.plugin.Replays() == replays {
					t.Errorf("%q: nothing was replayed", name)
				}
			}
		}
	})
}

// A key is another one in other letters, also where the table was made by somebody else.
func TestKeyThatCollatesEqual(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := newSite(t, d, gormsession.WithLayout(layout.Django()))
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

// On PostgreSQL our transactions say READ COMMITTED: under a serializable default a save would fail wherever another one was quicker.
func TestSerializableDefault(t *testing.T) {
	for name, config := range map[string]*gorm.Config{"transaction": {}, "bare": {SkipDefaultTransaction: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := dbtest.New(t, dbtest.Postgres)
			if err := d.Open(t).Exec("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = serializable', current_database()); END $$").Error; err != nil {
				t.Fatal(err)
			}
			s := newSiteWith(t, d, config)
			var level string
			if err := s.db.Raw("SHOW transaction_isolation").Scan(&level).Error; err != nil || level != "serializable" {
				t.Fatalf("the default isolation is %q, %v", level, err)
			}
			shared := s.start(map[string]any{"n": 0})
			const clients, visits = 8, 10
			var rollbacks atomic.Int64
			s.statements.Hook(func(statement string) {
				if statement == "ROLLBACK" {
					rollbacks.Add(1)
				}
			})
			var done sync.WaitGroup
			for i := range clients {
				own := s.start(map[string]any{"n": 0})
				done.Go(func() {
					for range visits {
						for _, key := range []string{shared, own} {
							got := s.visit(key, func(c *gin.Context) {
								ginsession.Get(c).Modify("n", func(n any) any { v, _ := n.(int64); return v + 1 })
							})
							if got.status != http.StatusOK {
								t.Errorf("client %d: %d", i, got.status)
							}
						}
					}
				})
			}
			done.Wait()
			if n := s.entries(shared)["n"]; n != int64(clients*visits) {
				t.Errorf("counted %v, want %d", n, clients*visits)
			}
			if n := rollbacks.Load(); n > 0 {
				t.Errorf("%d transactions failed", n)
			}
			if s.plugin.Replays() == 0 {
				t.Error("no save met another one, so nothing was shown")
			}
		})
	}
}

// "schema.table" names a table of another schema, or of another database.
func TestTableInASchema(t *testing.T) {
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
			s := newSiteOn(t, db, gormsession.WithTable(table))
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
