package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"gorm.io/driver/mysql"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// maxConns bounds each pool, so that parallel tests of several processes stay
// within what the server takes. A test that needs more asks its *sql.DB for it.
const maxConns = 16

// OpenDSN opens a pool of at most 16 connections to the database that dsn names;
// it is meant for helper processes of a test, which get the DSN of [DB.DSN] and
// close the pool themselves. The logger is silent unless opts give one.
func OpenDSN(k Kind, dsn string, opts ...gorm.Option) (*gorm.DB, error) {
	return open(dialector(k, dsn, nil), opts)
}

func open(d gorm.Dialector, opts []gorm.Option) (*gorm.DB, error) {
	opts = append(slices.Clone(opts), silent{}, fromEnvironment{})
	for i, opt := range opts {
		// GORM keeps and changes the Config that it is given; a test gives the same
		// one to several databases.
		if c, ok := opt.(*gorm.Config); ok {
			own := *c
			opts[i] = &own
		}
	}
	db, err := gorm.Open(d, opts...)
	if err != nil {
		return nil, err
	}
	pool, err := db.DB()
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(maxConns)
	pool.SetMaxIdleConns(maxConns)
	return db, nil
}

// silent is the option that stands in for a logger where none is given.
type silent struct{}

func (silent) Apply(c *gorm.Config) error {
	if c.Logger == nil {
		c.Logger = logger.Discard
	}
	return nil
}

func (silent) AfterInitialize(*gorm.DB) error { return nil }

// dialector returns the dialector for dsn, on the given pool unless it is nil.
func dialector(k Kind, dsn string, pool gorm.ConnPool) gorm.Dialector {
	switch k {
	case SQLite:
		return sqliteBy.dialector(dsn, pool)
	case Postgres:
		return postgres.New(postgres.Config{DSN: dsn, Conn: pool})
	case MariaDB:
		return mysql.New(mysql.Config{DSN: dsn, Conn: pool})
	}
	panic("dbtest: unknown kind " + string(k))
}

func sqliteDSN(path string) string {
	u := url.URL{Path: path}
	return "file:" + u.EscapedPath() + "?_journal_mode=WAL&_busy_timeout=5000&_synchronous=OFF"
}

// withDatabase returns dsn with the database replaced by name.
func withDatabase(k Kind, dsn, name string) (string, error) {
	switch k {
	case Postgres:
		if !strings.Contains(dsn, "://") {
			return dsn + " dbname=" + name, nil // The last setting counts.
		}
		u, err := url.Parse(dsn)
		if err != nil {
			return "", fmt.Errorf("TEST_POSTGRES_DSN is not a URL: %w", err)
		}
		u.Path = "/" + name
		return u.String(), nil
	case MariaDB:
		c, err := mysqldriver.ParseDSN(dsn)
		if err != nil {
			return "", fmt.Errorf("TEST_MYSQL_DSN: %w", err)
		}
		c.DBName = name
		c.ParseTime = true // GORM reads no time without it.
		return c.FormatDSN(), nil
	}
	panic("dbtest: no server of kind " + string(k))
}

// databaseOf is the name of the database of a data source name of ours.
func databaseOf(k Kind, dsn string) (string, error) {
	if k == MariaDB {
		c, err := mysqldriver.ParseDSN(dsn)
		if err != nil {
			return "", err
		}
		return c.DBName, nil
	}
	c, err := pgx.ParseConfig(dsn)
	if err != nil {
		return "", err
	}
	return c.Database, nil
}

// create makes an empty database of a unique name in the server behind dsn, and
// returns it with the function that drops it.
func create(tb testing.TB, k Kind, dsn string) (d *DB, drop func()) {
	tb.Helper()
	name := "dbtest_" + strings.ToLower(rand.Text()[:16])
	private, err := withDatabase(k, dsn, name)
	if err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	// Nobody can be connected to template0, which would make the copy fail.
	statement := "CREATE DATABASE " + name + " TEMPLATE template0 ENCODING 'UTF8'"
	if k == MariaDB {
		statement = "CREATE DATABASE " + name + " CHARACTER SET utf8mb4"
	}
	if err := execute(k, dsn, statement); err != nil {
		tb.Fatalf("dbtest: create a %s database: %v", k, err)
	}
	return &DB{k, private}, func() {
		if err := dropDatabase(k, dsn, name); err != nil {
			tb.Errorf("dbtest: drop a %s database: %v", k, err)
		}
	}
}

// dropDatabase drops a database and ends the connections that a test left open on
// it: a forgotten transaction would hold the drop up for ever.
func dropDatabase(k Kind, dsn, name string) error {
	if k == Postgres {
		return execute(k, dsn, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	}
	return withConn(k, dsn, func(ctx context.Context, db *sql.DB) error {
		rows, err := db.QueryContext(
			ctx, "SELECT id FROM information_schema.processlist WHERE db = '"+name+"'",
		)
		if err != nil {
			return err
		}
		defer rows.Close()
		var ids []int64
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				return err
			}
			ids = append(ids, id)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		for _, id := range ids {
			// It may have gone by itself meanwhile; the DROP tells if it matters.
			_, _ = db.ExecContext(ctx, fmt.Sprintf("KILL %d", id))
		}
		_, err = db.ExecContext(ctx, "DROP DATABASE IF EXISTS "+name)
		return err
	})
}

// execute runs one statement on a connection of its own.
func execute(k Kind, dsn, statement string) error {
	return withConn(k, dsn, func(ctx context.Context, db *sql.DB) error {
		_, err := db.ExecContext(ctx, statement)
		return err
	})
}

// askText asks for one text, on a connection of its own.
func askText(k Kind, dsn, query string) (text string, err error) {
	err = withConn(k, dsn, func(ctx context.Context, db *sql.DB) error {
		return db.QueryRowContext(ctx, query).Scan(&text)
	})
	return text, err
}

func withConn(k Kind, dsn string, f func(context.Context, *sql.DB) error) error {
	c, err := connector(k, dsn)
	if err != nil {
		return err
	}
	db := sql.OpenDB(c)
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return f(ctx, db)
}
