package suite

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"
	"gorm.io/plugin/dbresolver"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// A notedSession is a model of the application's own, with a column more than UserSession.
type notedSession struct {
	gormsession.UserSession
	Note string `gorm:"size:40;index"`
}

func withNotes() gormsession.Option {
	return gormsession.WithModel(
		func(row gormsession.Session, e gormsession.Entries) notedSession {
			return notedSession{UserSession: gormsession.UserSession{Session: row}, Note: "noted"}
		})
}

// To a table that is live Migrate adds the columns of users, as they are in a table that is made
// with them, and so do the statements of MigrationSQL, which executes none itself. New alters
// nothing, and says what to do. Who is logged in stays so.
func (on cases) TestMigrationOfALiveTable(t *testing.T) {
	type opts = []gormsession.Option
	variants := map[string]opts{
		"own":          {gormsession.WithUsers()},
		"named":        {gormsession.WithUsers(), gormsession.WithTable("visits")},
		"limit":        {gormsession.WithUserLimitRefusing(3), gormsession.WithoutMigration()},
		"an own model": {gormsession.WithUsers(), withNotes()},
	}
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		for name, with := range variants {
			for _, way := range []string{"Migrate", "MigrationSQL"} {
				what := name + " by " + way
				table, plain := "web_sessions", opts{}
				if name == "named" {
					table, plain = "visits", opts{gormsession.WithTable("visits")}
				}
				wanted := dbtest.New(t, d.Kind()).Open(t)
				if err := gormsession.Migrate(wanted, with...); err != nil {
					t.Fatal(err)
				}
				db, statements := dbtest.New(t, d.Kind()).OpenCounted(t, c.Gorm())
				before := on.newSiteOn(t, db, plain...)
				key := before.start(map[string]any{"name": "Ann"})
				if _, err := gormsession.New(db, with...); err == nil ||
					!strings.Contains(err.Error(), "has no column user_id") ||
					!strings.Contains(err.Error(), "gormsession.Migrate") {
					t.Errorf("%s: New said %v", what, err)
				}
				statements.Reset()
				planned, err := gormsession.MigrationSQL(db, with...)
				if ddl := ddlOf(statements); err != nil || len(planned) < 7 || ddl != nil {
					t.Errorf("%s: planned %q, %v, and did %q", what, planned, err, ddl)
				}
				switch way {
				case "Migrate":
					statements.Reset()
					if err := gormsession.Migrate(db, with...); err != nil {
						t.Fatalf("%s: %v", what, err)
					}
					if ddl := ddlOf(statements); !slices.Equal(ddl, planned) {
						t.Errorf("%s: planned %q, and did %q", what, planned, ddl)
					}
				case "MigrationSQL":
					for _, statement := range planned {
						if err := db.Exec(statement).Error; err != nil {
							t.Errorf("%s: %s: %v", what, statement, err)
						}
					}
				}
				if got, want := columnsOf(t, db, table), columnsOf(t, wanted, table); !maps.Equal(got, want) {
					t.Errorf("%s: the table is %v, not %v", what, got, want)
				}
				statements.Reset()
				planned, err = gormsession.MigrationSQL(db, with...)
				if err := gormsession.Migrate(db, with...); err != nil {
					t.Errorf("%s: again: %v", what, err)
				}
				if ddl := ddlOf(statements); err != nil || len(planned) > 0 || ddl != nil {
					t.Errorf("%s: again: planned %q, %v, and did %q", what, planned, err, ddl)
				}
				s := on.newSiteOn(t, db, with...)
				if got := s.visit(key, readName); got.body != `"Ann"` {
					t.Errorf("%s: who was logged in sees %s", what, got.body)
				}
				s.moved(key, logIn("ann"))
				if n, err := s.plugin.EndAll(t.Context(), "ann"); err != nil || n != 1 {
					t.Errorf("%s: %d sessions, %v", what, n, err)
				}
			}
		}
	})
}

// MigrationSQL knows how a table is made that is missing, of either layout and beside a former one;
// executed by hand, its statements make the one that New makes.
func (on behind) TestMigrationSQLOfAMissingTable(t *testing.T) {
	type opts = []gormsession.Option
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		for name, test := range map[string]struct {
			opts   opts
			tables []string
		}{
			"plain":  {opts{gormsession.WithoutMigration()}, []string{"web_sessions"}},
			"users":  {opts{gormsession.WithUsers()}, []string{"web_sessions"}},
			"Django": {opts{withLayout(layout.Django())}, []string{"django_session"}},
			"two tables": {opts{gormsession.WithUsers(),
				gormsession.WithFormer(gormsession.WithTable("old"))}, []string{"web_sessions", "old"}},
		} {
			wanted := dbtest.New(t, d.Kind()).Open(t)
			if err := gormsession.Migrate(wanted, test.opts...); err != nil {
				t.Fatal(err)
			}
			db, statements := dbtest.New(t, d.Kind()).OpenCounted(t, c.Gorm())
			planned, err := gormsession.MigrationSQL(db, test.opts...)
			if ddl := ddlOf(statements); err != nil || len(planned) == 0 || ddl != nil {
				t.Fatalf("%s: planned %q, %v, and did %q", name, planned, err, ddl)
			}
			room := strings.Contains(strings.Join(planned, " "), "fillfactor = 85")
			if room != (d.Kind() == dbtest.Postgres && name != "Django") {
				t.Errorf("%s: planned %q", name, planned)
			}
			for _, statement := range planned {
				if err := db.Exec(statement).Error; err != nil {
					t.Errorf("%s: %s: %v", name, statement, err)
				}
			}
			for _, table := range test.tables {
				if got, want := columnsOf(t, db, table), columnsOf(t, wanted, table); !maps.Equal(got, want) {
					t.Errorf("%s: the table %s is %v, not %v", name, table, got, want)
				}
			}
			if again, err := gormsession.MigrationSQL(db, test.opts...); err != nil || len(again) > 0 {
				t.Errorf("%s: again: %q, %v", name, again, err)
			}
		}
	})
}

// What is there of a migration is not done again: some of the columns, or an index of another name.
// What cannot be a table of sessions is an error of both, and Django's table is never altered.
func (on behind) TestMigrationThatWasBegun(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		users := gormsession.WithUsers()
		db, statements := d.OpenCounted(t)
		if err := gormsession.Migrate(db); err != nil {
			t.Fatal(err)
		}
		planned, err := gormsession.MigrationSQL(db, users)
		if err != nil || len(planned) != 7 {
			t.Fatalf("%q, %v", planned, err)
		}
		for _, statement := range append(planned[:3:3],
			"CREATE INDEX by_hand ON web_sessions (user_id, public_id)") {
			if err := db.Exec(statement).Error; err != nil {
				t.Fatal(err)
			}
		}
		if rest, err := gormsession.MigrationSQL(db, users); err != nil ||
			!slices.Equal(rest, planned[3:6]) {
			t.Errorf("the rest is %q, %v", rest, err)
		}
		var wg sync.WaitGroup
		for range 5 { // at once
			other := d.Open(t)
			wg.Go(func() {
				if err := gormsession.Migrate(other, users); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if _, err := gormsession.New(db, users); err != nil {
			t.Error(err)
		}
		foreign := gormsession.WithTable("foreign_things")
		if err := db.Exec("CREATE TABLE foreign_things (id integer)").Error; err != nil {
			t.Fatal(err)
		}
		type django struct {
			gormsession.Session
			Note string
		}
		model := gormsession.WithModel(func(row gormsession.Session, _ gormsession.Entries) django {
			return django{Session: row}
		})
		if err := gormsession.Migrate(db, withLayout(layout.Django())); err != nil {
			t.Fatal(err)
		}
		for want, opts := range map[string][]gormsession.Option{
			"is no table of sessions": {foreign, users},
			"never altered: add it by a migration of the application's": {
				withLayout(layout.Django()), model, gormsession.WithTable("django_session"),
			},
		} {
			statements.Reset()
			planned, err := gormsession.MigrationSQL(db, opts...)
			for _, err := range []error{err, gormsession.Migrate(db, opts...)} {
				if err == nil || !strings.Contains(err.Error(), want) || len(planned) > 0 {
					t.Errorf("%v, want %q; planned %q", err, want, planned)
				}
			}
			if ddl := ddlOf(statements); ddl != nil {
				t.Errorf("did %q", ddl)
			}
		}
	})
}

// A column that cannot be added is an error, which says why, and leaves what was added before.
func (on behind) TestMigrationThatFails(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		db, statements := d.OpenCounted(t)
		if err := gormsession.Migrate(db); err != nil {
			t.Fatal(err)
		}
		for _, what := range []string{"last_seen", "INDEX"} {
			statements.Fail(func(sql string) error {
				if strings.HasPrefix(sql, "SELECT") || !strings.Contains(sql, what) {
					return nil
				}
				return fmt.Errorf("no room")
			})
			err := gormsession.Migrate(db, gormsession.WithUsers())
			if err == nil || !strings.Contains(err.Error(), "could not be altered") ||
				!strings.Contains(err.Error(), "no room") {
				t.Errorf("%s: %v", what, err)
			}
		}
		statements.Fail(nil)
		if err := gormsession.Migrate(db, gormsession.WithUsers()); err != nil {
			t.Error(err)
		}
	})
}

// Behind a resolver what is planned is executed nowhere either.
func (on behind) TestMigrationSQLBehindAResolver(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		db := dbtest.New(t, d.Kind()).Open(t, c.Gorm())
		err := db.Use(dbresolver.Register(dbresolver.Config{
			Sources: []gorm.Dialector{d.Dialector()},
		}))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if pool, err := db.Clauses(dbresolver.Write).DB(); err == nil {
				pool.Close()
			}
		})
		for range 2 {
			planned, err := gormsession.MigrationSQL(db)
			if err != nil || len(planned) == 0 || db.Migrator().HasTable("web_sessions") ||
				d.Open(t).Migrator().HasTable("web_sessions") {
				t.Errorf("planned %q, %v, and did it", planned, err)
			}
		}
	})
}
