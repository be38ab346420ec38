package suite

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// columnsOf describes a table: type and collation of each column, and the columns that are indexed.
func columnsOf(t *testing.T, db *gorm.DB, table string) map[string]string {
	t.Helper()
	query := map[string]string{
		"sqlite": "SELECT name, lower(type) || CASE WHEN \"notnull\" OR pk THEN ' not null' ELSE ''" +
			" END AS type FROM pragma_table_info('" + table + "') " +
			"UNION ALL SELECT 'index on ' || group_concat(ii.name), 'unique=' || il.\"unique\" FROM" +
			" pragma_index_list('" + table + "') il, pragma_index_info(il.name) ii GROUP BY il.name",
		"postgres": "SELECT attname AS name, format_type(atttypid, atttypmod) || CASE WHEN attnotnull" +
			" THEN ' not null' ELSE '' END AS type " +
			"FROM pg_attribute WHERE attrelid = '" + table +
			"'::regclass AND attnum > 0 AND NOT attisdropped " +
			"UNION ALL SELECT 'index on ' || substring(pg_get_indexdef(indexrelid) FROM '\\((.*)\\)')," +
			" 'unique=' || indisunique::int FROM pg_index WHERE indrelid = '" + table + "'::regclass",
		"mysql": "SELECT column_name AS name, CONCAT(column_type, IF(is_nullable = 'NO', ' not null'," +
			" ''), IF(column_name = 'session_key', CONCAT(' ', collation_name), '')) AS type " +
			"FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = '" + table +
			"' " +
			"UNION ALL SELECT CONCAT('index on ', column_name), CONCAT('unique=', 1 - non_unique) FROM" +
			" information_schema.statistics WHERE table_schema = DATABASE() AND table_name = '" + table +
			"'",
	}[db.Dialector.Name()]
	var found []struct{ Name, Type string }
	if err := db.Raw(query).Scan(&found).Error; err != nil {
		t.Fatal(err)
	}
	columns := map[string]string{}
	for _, f := range found {
		columns[f.Name] = f.Type
	}
	return columns
}

// The table is made when it is missing, as designed on each database.
func (on behind) TestTableIsMade(t *testing.T) {
	want := map[dbtest.Kind]map[string]string{
		dbtest.SQLite: {
			"session_key": "text not null", "session_data": "text not null",
			"expire_date":          "datetime not null",
			"index on expire_date": "unique=0", "index on session_key": "unique=1",
		},
		dbtest.Postgres: {
			"session_key": "character varying(64) not null", "session_data": "text not null",
			"expire_date":          "timestamp with time zone not null",
			"index on expire_date": "unique=0", "index on session_key": "unique=1",
		},
		dbtest.MariaDB: {
			"session_key": "varchar(64) not null ascii_bin", "session_data": "longtext not null",
			"expire_date":          "datetime(6) not null",
			"index on expire_date": "unique=0", "index on session_key": "unique=1",
		},
	}
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		db, statements := d.OpenCounted(t)
		if _, err := gormsession.New(db); err != nil {
			t.Fatal(err)
		}
		if got := columnsOf(t, db, "web_sessions"); !maps.Equal(got, want[d.Kind()]) {
			t.Errorf("made %v, want %v", got, want[d.Kind()])
		}
		statements.Reset()
		for range 2 {
			if _, err := gormsession.New(db); err != nil {
				t.Fatal(err)
			}
			if err := gormsession.Migrate(db); err != nil {
				t.Fatal(err)
			}
		}
		if ddl := ddlOf(statements); ddl != nil {
			t.Errorf("a table that is there takes %q", ddl)
		}
	})
}

func ddlOf(statements *dbtest.Statements) (ddl []string) {
	for _, statement := range statements.All() {
		switch verb, _, _ := strings.Cut(statement, " "); verb {
		case "SELECT", "SHOW", "PRAGMA", "BEGIN", "COMMIT", "ROLLBACK":
		default:
			ddl = append(ddl, statement)
		}
	}
	return ddl
}

// A table of sessions that somebody else made, with columns of its own and without our index, is
// used as it is.
func (on behind) TestTableIsNeverAltered(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		db, statements := d.OpenCounted(t)
		moment := map[dbtest.Kind]string{
			dbtest.SQLite:   "datetime",
			dbtest.Postgres: "timestamp with time zone",
			dbtest.MariaDB:  "datetime(6)",
		}[d.Kind()]
		err := db.Exec("CREATE TABLE web_sessions (note varchar(10) DEFAULT 'theirs'" +
			", expire_date " + moment + ", session_data " + textType(d.Kind()) +
			", session_key varchar(80) PRIMARY KEY)").Error
		if err != nil {
			t.Fatal(err)
		}
		before := columnsOf(t, db, "web_sessions")
		statements.Reset()
		s := on.newSiteOn(t, db)
		if ddl := ddlOf(statements); ddl != nil {
			t.Errorf("New did %q", ddl)
		}
		key := s.start(map[string]any{"name": "Ann"})
		s.visit(key, writeName("Bob"))
		if is := s.entries(key)["name"]; is != "Bob" {
			t.Errorf("read %v", is)
		}
		if after := columnsOf(t, db, "web_sessions"); !maps.Equal(before, after) {
			t.Errorf("the table was altered from %v to %v", before, after)
		}
	})
}

// textType is a type that holds every session's text.
func textType(k dbtest.Kind) string {
	if k == dbtest.MariaDB {
		return "longtext"
	}
	return "text"
}

// Many processes that start at once agree on one table.
func (on behind) TestTableIsMadeOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		var started sync.WaitGroup
		for _, opts := range [][]gormsession.Option{nil, {withLayout(layout.Django())}} {
			for range 6 {
				db := d.Open(t)
				started.Go(func() {
					if _, err := gormsession.New(db, opts...); err != nil {
						t.Error(err)
					}
				})
			}
		}
		started.Wait()
		for _, table := range []string{"web_sessions", "django_session"} {
			if columnsOf(t, d.Open(t), table)["index on expire_date"] != "unique=0" {
				t.Errorf("%s lacks the index on expire_date", table)
			}
		}
	})
}

// What is no table of sessions is refused, with a sentence that says what to do, and left as it is.
func (on behind) TestForeignTableIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		moment := map[dbtest.Kind]string{
			dbtest.SQLite:   "datetime",
			dbtest.Postgres: "timestamp with time zone",
			dbtest.MariaDB:  "datetime(6)",
		}[d.Kind()]
		ours := "session_data " + textType(d.Kind()) + " NOT NULL, expire_date " + moment + " NOT NULL"
		for columns, want := range map[string]string{
			"id varchar(40) PRIMARY KEY, data text": "exists and is no table" +
				" of sessions: it lacks session_key, session_data or expire_date; choose another name with" +
				" WithTable",
			"session_key varchar(64) PRIMARY KEY, session_data text": "exists and is no table" +
				" of sessions",
			"session_key varchar(40) NOT NULL PRIMARY KEY, " +
				ours: "holds 40 characters, not 64; if this is Django's table use django.Compatible",
			"session_key varchar(64) NOT NULL, " +
				ours: "session_key is not the primary key",
			"id integer PRIMARY KEY, session_key varchar(64) NOT NULL, " +
				ours: "session_key is not the primary key",
		} {
			db, statements := dbtest.New(t, d.Kind()).OpenCounted(t)
			if err := db.Exec("CREATE TABLE web_sessions (" + columns + ")").Error; err != nil {
				t.Fatal(err)
			}
			before := columnsOf(t, db, "web_sessions")
			statements.Reset()
			_, err := gormsession.New(db)
			if err == nil || !strings.HasPrefix(err.Error(), "gormsession: ") ||
				!strings.Contains(err.Error(), want) {
				t.Errorf("%s: New said %v, want %s", columns, err, want)
			}
			if after := columnsOf(t, db, "web_sessions"); !maps.Equal(before, after) {
				t.Errorf("%s: the table was altered to %v", columns, after)
			}
			if _, err := gormsession.New(db, gormsession.WithTable("my_sessions")); err != nil {
				t.Errorf("another name: %v", err)
			}
		}
	})
}

// The table is named by WithTable alone: the naming strategy of the application puts nothing before
// it.
func (on behind) TestNamingStrategy(t *testing.T) {
	config := &gorm.Config{
		NamingStrategy: schema.NamingStrategy{
			TablePrefix: "shop_", SingularTable: true, NameReplacer: strings.NewReplacer("Session", "Visit"),
		},
	}
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newSiteWith(t, d, config)
		other := on.newSiteOn(t, s.db, gormsession.WithTable("visits"))
		other.table = "visits"
		for _, s := range []*site{s, other} {
			key := s.start(map[string]any{"name": "Ann"})
			s.visit(key, writeName("Bob"))
			if is := s.entries(key)["name"]; is != "Bob" {
				t.Errorf("%s: read %v", s.table, is)
			}
		}
		tables, err := s.db.Migrator().GetTables()
		tables = slices.DeleteFunc(tables,
			func(name string) bool { return strings.HasPrefix(name, "sqlite_") })
		if slices.Sort(tables); err != nil || !slices.Equal(tables, []string{"visits", "web_sessions"}) {
			t.Errorf("the tables are %v, %v", tables, err)
		}
	})
}

// On PostgreSQL a page of the table keeps room for the next version of its rows, so that a save
// within an expiry step writes no index: HOT, which docs/performance.md measures.
func (on behind) TestTableHasRoomForUpdatesInPlace(t *testing.T) {
	d := dbtest.New(t, dbtest.Postgres)
	db := d.Open(t)
	if err := gormsession.Migrate(db); err != nil {
		t.Fatal(err)
	}
	var options string
	err := db.Raw("SELECT array_to_string(reloptions, ' ') FROM pg_class " +
		"WHERE oid = 'web_sessions'::regclass").
		Scan(&options).Error
	if err != nil || options != "fillfactor=85" {
		t.Errorf("the options of the table are %q, %v", options, err)
	}
}
