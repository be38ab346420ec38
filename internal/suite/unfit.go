package suite

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

var (
	keyOfTwo = madeTable{
		key: "varchar(64)", more: ", a int default 1, PRIMARY KEY (session_key, a)"}
	uniqueTogether = madeTable{key: "text", more: ", a int default 1, UNIQUE (session_key, a)"}
	partlyUnique   = madeTable{key: "text", then: []string{
		"CREATE UNIQUE INDEX u ON web_sessions (session_key) WHERE session_data > ''"}}
	merelyIndexed = madeTable{key: "varchar(64)", then: []string{
		"CREATE INDEX i ON web_sessions (session_key)"}}
	uniqueElsewhere = madeTable{key: "varchar(64)", more: ", UNIQUE (expire_date)"}
	inCapitals      = madeTable{then: []string{
		"ALTER TABLE web_sessions RENAME COLUMN session_key TO SESSION_KEY",
		"ALTER TABLE web_sessions RENAME COLUMN session_data TO SESSION_DATA"}}
)

// A table that has our columns and cannot keep sessions is refused at New and at Migrate, with a
// sentence that mends it, also WithoutMigration; it is left as it is.
func (on behind) TestUnfitTableIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		for name, c := range unfitTables[d.Kind()] {
			db, statements := dbtest.New(t, d.Kind()).OpenCounted(t)
			if d.Kind() == dbtest.Postgres {
				for _, domain := range []string{"note AS varchar(80)", "demanded AS int NOT NULL"} {
					if err := db.Exec("CREATE DOMAIN " + domain).Error; err != nil {
						t.Fatal(err)
					}
				}
			}
			c.table.in(t, db, d.Kind())
			statements.Reset()
			_, err := gormsession.New(db)
			_, without := gormsession.New(db, gormsession.WithoutMigration())
			for call, err := range map[string]error{
				"New": err, "New WithoutMigration": without, "Migrate": gormsession.Migrate(db),
			} {
				said := fmt.Sprint(err)
				if !strings.HasPrefix(said, "gormsession: ") || !strings.Contains(said, c.want) {
					t.Errorf("%s: %s said %v, want %s", name, call, err, c.want)
				}
			}
			if ddl := ddlOf(statements); ddl != nil {
				t.Errorf("%s: New did %q", name, ddl)
			}
		}
	})
}

// What can keep sessions is taken, however it was made, without a warning; and it does keep them.
func (on behind) TestFitTableIsTaken(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		for name, table := range fitTables[d.Kind()] {
			db := dbtest.New(t, d.Kind()).Open(t)
			table.in(t, db, d.Kind())
			log := &logbook{}
			if _, err := gormsession.New(db, gormsession.WithLogger(log.logger())); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if log.String() != "" {
				t.Errorf("%s: New warned %s", name, log)
			}
			s := on.newSiteOn(t, db)
			long := strings.Repeat("x", 70_000)
			key := s.start(map[string]any{"name": "Ann", "long": long})
			got := s.visit(key, func(c *Call) {
				session := c.Session()
				session.CycleKey()
				session.Set("name", "Bob")
			})
			if got.cookie == nil {
				t.Errorf("%s: a save gave %d\n%s", name, got.status, s.log)
				continue
			}
			entries := s.entries(got.cookie.Value)
			if entries["name"] != "Bob" || entries["long"] != long {
				t.Errorf("%s: read %v and %d characters", name, entries["name"], len(entries))
			}
			if got := s.visit(got.cookie.Value, pageF); got.status != 200 || len(s.rows()) != 0 {
				t.Errorf("%s: a flush gave %d and left %d rows", name, got.status, len(s.rows()))
			}
		}
	})
}

// What a table must hold depends on the options: where keys are not hashed a padded one is another
// key, a column that checks JSON takes nothing else, and a model fills what it writes at the
// insert.
func (on behind) TestUnfitTableOfTheOptions(t *testing.T) {
	t.Parallel()
	plain := layout.Own()
	plain.HashedKeys = false
	type late struct {
		gormsession.Session
		Tenant int `gorm:"<-:update"`
	}
	tenantLate := gormsession.WithModel(func(row gormsession.Session, _ gormsession.Entries) late {
		return late{Session: row}
	})
	for name, c := range map[string]struct {
		table madeTable
		opt   gormsession.Option
		want  string
	}{
		"a padded key": {
			madeTable{key: "char(64) PRIMARY KEY"}, withLayout(plain), cannotKeep},
		"jsonb": {
			madeTable{data: "jsonb"}, gormsession.WithCodec(shouting{gormsession.JSON}), cannotKeep},
		"a column that is filled late": {
			madeTable{more: ", tenant int NOT NULL"}, tenantLate, demands},
	} {
		d := dbtest.New(t, dbtest.Postgres)
		db := d.Open(t)
		c.table.in(t, db, d.Kind())
		table := gormsession.WithTable("web_sessions")
		_, err := gormsession.New(db, c.opt, table)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: New said %v", name, err)
		}
	}
}

// A trigger fills the columns of its own table, not of one that has the same name in another
// database.
func (on behind) TestTriggerOfAnotherDatabase(t *testing.T) {
	t.Parallel()
	kind := dbtest.MariaDB
	fitTables[kind]["a trigger that fills"].in(t, dbtest.New(t, kind).Open(t), kind)
	db := dbtest.New(t, kind).Open(t)
	table := unfitTables[kind]["a column more"]
	table.table.in(t, db, kind)
	if _, err := gormsession.New(db); err == nil || !strings.Contains(err.Error(), table.want) {
		t.Errorf("New said %v", err)
	}
}

// Where MySQL's sql_mode is lax, a text that is too long is cut without an error, so the column is
// refused all the more; a column that nobody fills is filled by the database, so it is none's
// demand.
func (on behind) TestUnfitTableInALaxMode(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		table madeTable
		want  string
	}{
		"64 KiB":        {madeTable{data: "text"}, tooSmall + "longtext"},
		"a column more": {madeTable{more: ", tenant int NOT NULL"}, ""},
	} {
		d := dbtest.New(t, dbtest.MariaDB)
		c.table.in(t, d.Open(t), d.Kind())
		db, err := dbtest.OpenDSN(d.Kind(), d.DSN()+"&sql_mode=%27%27")
		if err != nil {
			t.Fatal(err)
		}
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { pool.Close() })
		_, err = gormsession.New(db)
		switch {
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: New said %v", name, err)
		case c.want == "" && err != nil:
			t.Errorf("%s: New said %v", name, err)
		case c.want == "":
			s := on.newSiteOn(t, db)
			if key := s.start(map[string]any{"name": "Ann"}); s.entries(key)["name"] != "Ann" {
				t.Errorf("%s: read %v", name, s.entries(key))
			}
		}
	}
}
