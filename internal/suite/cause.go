package suite

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// errorOfDriver is an error that a database would say of something that it does not do.
func errorOfDriver(k dbtest.Kind) error {
	switch k {
	case dbtest.Postgres:
		return &pgconn.PgError{Severity: "ERROR", Code: "0A000", Message: "not here"}
	case dbtest.MariaDB:
		return &mysqldriver.MySQLError{Number: 1235, Message: "not here"}
	}
	return errors.New("not here")
}

const (
	away         = "the database cannot be reached"
	cannotBeRead = "the table web_sessions cannot be read"
)

// New names the cause as the database does, whatever it is, and never another one; and it makes no
// table because it cannot see one.
func (on behind) TestNewNamesTheCause(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		pg := func(code string) error { return &pgconn.PgError{Code: code, Message: "so it is"} }
		my := func(n uint16) error { return &mysqldriver.MySQLError{Number: n, Message: "so it is"} }
		for name, c := range map[string]struct {
			kind dbtest.Kind
			err  error
			want string
		}{
			"a pooler":         {dbtest.Postgres, pg("42P05"), "cannot be read through this pooler"},
			"another pooler":   {dbtest.Postgres, pg("26000"), "cannot be read through this pooler"},
			"no right":         {dbtest.Postgres, pg("42501"), "may not be read by this account"},
			"a missing column": {dbtest.Postgres, pg("42703"), "is no table of sessions: it lacks"},
			"starting up":      {dbtest.Postgres, pg("57P03"), away},
			"too many":         {dbtest.Postgres, pg("53300"), away},
			"a broken index":   {dbtest.Postgres, pg("XX002"), cannotBeRead},
			"denied":           {dbtest.MariaDB, my(1142), "may not be read by this account"},
			"denied a column":  {dbtest.MariaDB, my(1143), "may not be read by this account"},
			"missing a column": {dbtest.MariaDB, my(1054), "is no table of sessions: it lacks"},
			"many connections": {dbtest.MariaDB, my(1040), away},
			"a broken table":   {dbtest.MariaDB, my(145), cannotBeRead},
			"locked":           {dbtest.SQLite, errors.New("database is locked, so it is"), cannotBeRead},
			"not a database":   {dbtest.SQLite, errors.New("not a database, so it is"), cannotBeRead},
			"cannot be opened": {dbtest.SQLite, errors.New("unable to open database file, so it is"), away},
		} {
			if c.kind != d.Kind() {
				continue
			}
			db, statements := dbtest.New(t, d.Kind()).OpenCounted(t)
			statements.Fail(failing("SELECT", c.err))
			soon := gormsession.WithTimeout(100 * time.Millisecond)
			for call, err := range map[string]error{
				"New":     errorOf(gormsession.New(db, soon)),
				"without": errorOf(gormsession.New(db, soon, gormsession.WithoutMigration())),
				"Migrate": gormsession.Migrate(db, soon),
			} {
				said := fmt.Sprint(err)
				if !strings.HasPrefix(said, "gormsession: ") || !strings.Contains(said, c.want) ||
					!strings.Contains(said, "so it is") || !errors.Is(err, c.err) {
					t.Errorf("%s: %s said %s, want %s", name, call, said, c.want)
				}
			}
			if ddl := ddlOf(statements); ddl != nil {
				t.Errorf("%s: New did %q", name, ddl)
			}
		}
	})
}

// That a table cannot be made is said with the cause, too.
func (on behind) TestNewNamesTheCauseOfATableThatIsNotMade(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		db, statements := d.OpenCounted(t)
		statements.Fail(failing("CREATE", errorOfDriver(d.Kind())))
		_, err := gormsession.New(db)
		if said := fmt.Sprint(err); !strings.Contains(said, "the table web_sessions could not be made") ||
			!strings.Contains(said, "not here") {
			t.Errorf("New said %v", err)
		}
	})
}

// A database that is not there, or says nothing, is named as that, within the timeout and a little.
func (on behind) TestNewOnADeadDatabase(t *testing.T) {
	for _, k := range []dbtest.Kind{dbtest.Postgres, dbtest.MariaDB} {
		t.Run(string(k), func(t *testing.T) {
			t.Parallel()
			server := dbtest.StartServer(t, k)
			d := server.DB(t)
			handles := map[string]*gorm.DB{}
			for _, c := range dbtest.RunConfigs(t) {
				handles[c.Name] = d.Open(t, c.Gorm())
			}
			for _, state := range []struct {
				name string
				make func()
			}{{"silent", server.Pause}, {"dead", server.Stop}} {
				state.make()
				for config, db := range handles {
					soonUnreachable(t, state.name+", "+config, db)
				}
			}
		})
	}
}

func soonUnreachable(t *testing.T, name string, db *gorm.DB) {
	t.Helper()
	soon := gormsession.WithTimeout(300 * time.Millisecond)
	for call, open := range map[string]func() error{
		"New": func() error { return errorOf(gormsession.New(db, soon)) },
		"without": func() error {
			return errorOf(gormsession.New(db, soon, gormsession.WithoutMigration()))
		},
		"Migrate": func() error { return gormsession.Migrate(db, soon) },
	} {
		begin := time.Now()
		err := open()
		if took := time.Since(begin); took > 3*time.Second {
			t.Errorf("%s: %s took %v", name, call, took)
		}
		said := fmt.Sprint(err)
		if !errors.Is(err, gormsession.ErrUnavailable) || !strings.Contains(said, away) {
			t.Errorf("%s: %s said %v", name, call, err)
		}
	}
}

// So is a pool that the application has closed, and one that gives no connection.
func (on behind) TestNewOnAPoolThatGivesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		db := d.Open(t)
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		pool.SetMaxOpenConns(1)
		held, err := pool.Conn(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		_, err = gormsession.New(db, gormsession.WithTimeout(100*time.Millisecond))
		said := fmt.Sprint(err)
		if !strings.Contains(said, away+" within 100ms") || !strings.Contains(said, "all 1 connections") {
			t.Errorf("a pool that is used up: %v", err)
		}
		held.Close()
		pool.Close()
		_, err = gormsession.New(db)
		said, closed := fmt.Sprint(err), away+": its pool is closed, as it is after a gorm.Open"
		if !strings.Contains(said, closed) ||
			!strings.HasSuffix(said, ": sql: database is closed") {
			t.Errorf("a closed pool: %v", err)
		}
	})
}
