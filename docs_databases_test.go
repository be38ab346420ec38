package gormsession_test

import (
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
	"gorm.io/driver/mysql"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/madetest"
)

// docs/databases.md shows the statements that make the table, and a table that is made by them, by
// hand, is taken as it is.
func TestStatementsOfDatabasesPage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		var b strings.Builder
		b.WriteString("\n```sql\n")
		for _, of := range []struct {
			says string
			opts []gormsession.Option
		}{
			{"-- gormsession.MigrationSQL(db)", nil},
			{"\n-- gormsession.MigrationSQL(db, gormsession.WithUsers())",
				[]gormsession.Option{gormsession.WithUsers()}},
		} {
			db := dbtest.New(t, d.Kind()).Open(t)
			statements, err := gormsession.MigrationSQL(db, of.opts...)
			if err != nil || len(statements) == 0 {
				t.Fatal(statements, err)
			}
			b.WriteString(of.says + "\n")
			for _, statement := range statements {
				b.WriteString(statement + ";\n")
				if err := db.Exec(statement).Error; err != nil {
					t.Error(err)
				}
			}
			by := append([]gormsession.Option{gormsession.WithoutMigration()}, of.opts...)
			if _, err := gormsession.New(db, by...); err != nil {
				t.Errorf("the table that was made by hand: %v", err)
			}
		}
		b.WriteString("```\n\n")
		madetest.Part(t, "docs/databases.md", "MigrationSQL on "+string(d.Kind()), b.String())
	})
}

// A dsn is one that the page shows, of a server that nobody has.
type dsn struct {
	driver, text string
	open         func(t *testing.T, text string) gorm.Dialector // nil: see internal/puregotest
}

var dsns = []dsn{
	{"`gorm.io/driver/sqlite`", "app.db?_journal_mode=WAL&_busy_timeout=4000&_synchronous=NORMAL",
		func(t *testing.T, text string) gorm.Dialector {
			return sqlite.Open("file:" + t.TempDir() + "/" + text)
		}},
	{"`github.com/libtnb/sqlite`, without C",
		"app.db?_pragma=journal_mode(WAL)&_pragma=busy_timeout(4000)&_pragma=synchronous(NORMAL)", nil},
	{"`gorm.io/driver/postgres` (pgx)", "postgres://shop:secret@db.example:5432/shop",
		openPostgres},
	{"the same, through PgBouncer in transaction mode, without its prepared statements",
		"postgres://shop:secret@db.example:6432/shop?default_query_exec_mode=exec",
		openPostgres},
	{"`gorm.io/driver/mysql`, for MySQL and MariaDB",
		"shop:secret@tcp(db.example:3306)/shop?charset=utf8mb4&parseTime=True&loc=Local", openMySQL},
	{"the same, in one round trip for each statement",
		"shop:secret@tcp(db.example:3306)/shop?charset=utf8mb4&parseTime=True&loc=UTC" +
			"&interpolateParams=true", openMySQL},
}

// openPostgres is the page's DSN of a server that is there.
func openPostgres(t *testing.T, text string) gorm.Dialector {
	t.Helper()
	shown, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	there := dbtest.New(t, dbtest.Postgres).DSN()
	if strings.Contains(there, "://") {
		separator := "?"
		if strings.Contains(there, "?") {
			separator = "&"
		}
		return postgres.Open(there + separator + shown.RawQuery)
	}
	for name, values := range shown.Query() {
		there += fmt.Sprintf(" %s=%s", name, values[0])
	}
	return postgres.Open(there)
}

// openMySQL is the page's DSN of a server that is there.
func openMySQL(t *testing.T, text string) gorm.Dialector {
	t.Helper()
	shown, err := mysqldriver.ParseDSN(text)
	if err != nil {
		t.Fatal(err)
	}
	there, err := mysqldriver.ParseDSN(dbtest.New(t, dbtest.MariaDB).DSN())
	if err != nil {
		t.Fatal(err)
	}
	shown.User, shown.Passwd = there.User, there.Passwd
	shown.Net, shown.Addr, shown.DBName = there.Net, there.Addr, there.DBName
	return mysql.Open(shown.FormatDSN())
}

// Sessions are kept by each DSN that the page shows.
func TestDSNsOfDatabasesPage(t *testing.T) {
	var b strings.Builder
	b.WriteString("\n| driver | DSN |\n|---|---|\n")
	for _, d := range dsns {
		fmt.Fprintf(&b, "| %s | `%s` |\n", d.driver, d.text)
		if d.open == nil {
			continue
		}
		t.Run(d.text, func(t *testing.T) {
			db, err := gorm.Open(d.open(t, d.text))
			if err != nil {
				t.Fatal(err)
			}
			pool, err := db.DB()
			if err != nil {
				t.Fatal(err)
			}
			defer pool.Close()
			pool.SetMaxOpenConns(32)
			pool.SetMaxIdleConns(32)
			pool.SetConnMaxIdleTime(5 * time.Minute)
			keepsSessions(t, db)
		})
	}
	b.WriteString("\n")
	madetest.Part(t, "docs/databases.md", "the DSNs that are tested", b.String())
}

// keepsSessions makes a session, changes it, finds it among the live ones, and ends it.
func keepsSessions(t *testing.T, db *gorm.DB) {
	t.Helper()
	plugin, err := gormsession.New(db, gormsession.WithUsers(), gormsession.WithCleanup(0))
	if err != nil {
		t.Fatal(err)
	}
	s, err := plugin.Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	s.LogIn(42)
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	s.Set("name", "Zoë 🍪")
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	again, err := plugin.Open(t.Context(), s.Key())
	if err != nil || again.Get("name") != "Zoë 🍪" {
		t.Errorf("read %v, %v", again.Get("name"), err)
	}
	var live int64
	err = db.Model(&gormsession.Session{}).Scopes(plugin.Live).Count(&live).Error
	if n, err2 := plugin.EndAll(t.Context(), 42); err != nil || err2 != nil || live != 1 || n != 1 {
		t.Errorf("%d live, %v; ended %d, %v", live, err, n, err2)
	}
}

// What the page has people ask by hand finds the live rows.
func TestQueriesOfDatabasesPage(t *testing.T) {
	page, err := os.ReadFile("docs/databases.md")
	if err != nil {
		t.Fatal(err)
	}
	names := map[dbtest.Kind]string{
		dbtest.SQLite: "SQLite", dbtest.Postgres: "PostgreSQL", dbtest.MariaDB: "MySQL, MariaDB",
	}
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		query := regexp.MustCompile(`\| ` + names[d.Kind()] + " \\| `(SELECT .*)` \\|").FindSubmatch(page)
		if query == nil {
			t.Fatal("the page has none")
		}
		db := d.Open(t)
		plugin, err := gormsession.New(db, gormsession.WithCleanup(0))
		if err != nil {
			t.Fatal(err)
		}
		for _, age := range []time.Duration{-time.Minute, time.Minute} {
			s, err := plugin.Open(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			s.SetExpiry(age)
			if err := s.Save(); err != nil {
				t.Fatal(err)
			}
		}
		var live int64
		if err := db.Raw(string(query[1])).Scan(&live).Error; err != nil || live != 1 {
			t.Errorf("%s: %d, %v", query[1], live, err)
		}
	})
}
