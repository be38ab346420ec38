package suite

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// eachServer runs f on the databases that know accounts.
func eachServer(t *testing.T, f func(t *testing.T, d *dbtest.DB)) {
	t.Helper()
	for _, k := range []dbtest.Kind{dbtest.Postgres, dbtest.MariaDB} {
		t.Run(string(k), func(t *testing.T) { f(t, dbtest.New(t, k)) })
	}
}

// ours are our columns, for grants on columns.
const ours = "(session_key, session_data, expire_date)"

// An account that owns nothing and may do what a session needs is served: what catalogs hide from
// it is no reason to refuse. Where they hide all of the table, a warning says so.
func (on behind) TestAccountWithFewRights(t *testing.T) {
	eachServer(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		for _, l := range []layout.Layout{layout.Own(), layout.Django()} {
			opts := gormsession.WithOptions(withLayout(l), gormsession.WithTable("sessions"))
			if err := gormsession.Migrate(d.Open(t), opts); err != nil {
				t.Fatal(err)
			}
			for name, grants := range map[string][]string{
				"on the table": {"GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO %s"},
				"on columns": {
					"GRANT SELECT " + ours + ", INSERT " + ours + " ON sessions TO %s",
					"GRANT UPDATE " + ours + ", DELETE ON sessions TO %s",
				},
			} {
				log := &logbook{}
				db := d.As(t, grants...).Open(t)
				for _, without := range []gormsession.Option{nil, gormsession.WithoutMigration()} {
					_, err := gormsession.New(db, opts, without, gormsession.WithLogger(log.logger()))
					if err != nil || log.String() != "" {
						t.Errorf("%s: New said %v, and logged %s", name, err, log)
					}
				}
				s := on.newSiteOn(t, db, opts)
				s.table, s.cookieName = "sessions", l.Cookie
				key := s.start(map[string]any{"name": "Ann"})
				s.visit(key, writeName("Bob"))
				if is := s.entries(key)["name"]; is != "Bob" {
					t.Errorf("%s: read %v\n%s", name, is, s.log)
				}
			}
			if err := d.Open(t).Exec("DROP TABLE sessions").Error; err != nil {
				t.Fatal(err)
			}
		}
	})
}

// What such an account can see is judged all the same, and a column that is hidden from it is not
// taken for one that is missing: each gets its true name.
func (on behind) TestAccountWithFewRightsAndAnUnfitTable(t *testing.T) {
	eachServer(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		const all = "GRANT SELECT, INSERT, UPDATE, DELETE ON web_sessions TO %s"
		const some = "GRANT SELECT " + ours + " ON web_sessions TO %s"
		const mayNotRead = "may not be read by this account, which needs SELECT, INSERT, UPDATE"
		type note struct {
			gormsession.Session
			Note string
		}
		withNote := gormsession.WithModel(func(row gormsession.Session, _ gormsession.Entries) note {
			return note{Session: row}
		})
		for name, c := range map[string]struct {
			table madeTable
			grant string
			opt   gormsession.Option
			want  string
		}{
			"no unique key":   {madeTable{key: "varchar(64) NOT NULL"}, all, nil, keyIsNot},
			"a short key":     {madeTable{key: "varchar(63) PRIMARY KEY"}, all, nil, "holds 63 characters"},
			"a column more":   {madeTable{more: ", tenant int NOT NULL"}, all, nil, demands},
			"a column less":   {madeTable{}, all, withNote, "has no column note, which the model has"},
			"a hidden column": {madeTable{more: ", note text"}, some, withNote, mayNotRead},
			"no right":        {madeTable{}, "GRANT SELECT ON other TO %s", nil, mayNotRead},
		} {
			if name == "a hidden column" && d.Kind() == dbtest.Postgres {
				continue // it shows every column to everybody
			}
			d := dbtest.New(t, d.Kind())
			db := d.Open(t)
			c.table.then = append(c.table.then, "CREATE TABLE other (n int)")
			c.table.in(t, db, d.Kind())
			_, err := gormsession.New(d.As(t, c.grant).Open(t), c.opt)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: New said %v, want %s", name, err, c.want)
			}
		}
	})
}

// Where the catalogs cannot be read at all, New warns and takes the table.
func (on behind) TestCatalogsThatSayNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		db, statements := d.OpenCounted(t)
		if err := gormsession.Migrate(db); err != nil {
			t.Fatal(err)
		}
		statements.Fail(func(statement string) error {
			for _, catalog := range []string{"pg_attribute", "information_schema", "pragma_table_xinfo"} {
				if strings.Contains(statement, catalog) {
					return errorOfDriver(d.Kind())
				}
			}
			return nil
		})
		log := &logbook{}
		if _, err := gormsession.New(db, gormsession.WithLogger(log.logger())); err != nil {
			t.Errorf("New said %v", err)
		}
		log.wants(t, "level=WARN", "unknown whether the table can keep sessions", "table=web_sessions")
	})
}

// An account that may make no table is told so, and what to do.
func (on behind) TestAccountThatMayNotMakeTables(t *testing.T) {
	eachServer(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		grants := []string{"GRANT SELECT, INSERT, UPDATE, DELETE ON * TO %s"}
		if d.Kind() == dbtest.Postgres {
			grants = []string{"GRANT USAGE ON SCHEMA public TO %s"} // and PUBLIC may not create, since 15
			if err := d.Open(t).Exec("REVOKE CREATE ON SCHEMA public FROM PUBLIC").Error; err != nil {
				t.Fatal(err)
			}
		}
		_, err := gormsession.New(d.As(t, grants...).Open(t))
		const want = "is missing and could not be made: make it at deployment, by gormsession.Migrate"
		if said := fmt.Sprint(err); !strings.Contains(said, want) || !strings.Contains(said, "denied") {
			t.Errorf("New said %v", err)
		}
	})
}
