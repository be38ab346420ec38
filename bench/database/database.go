// Package database starts the databases that sessions are measured on, and opens them.
package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/mattn/go-sqlite3"
	"github.com/redis/go-redis/v9"
	"gorm.io/driver/mysql"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Kind is a kind of database.
type Kind string

// The kinds that are measured.
const (
	SQLite   Kind = "sqlite"
	Postgres Kind = "postgres"
	MariaDB  Kind = "mariadb"
)

// Kinds lists every [Kind].
var Kinds = []Kind{SQLite, Postgres, MariaDB}

// Title is the name of the kind for readers.
func (k Kind) Title() string {
	return map[Kind]string{
		SQLite: "SQLite", Postgres: "PostgreSQL", MariaDB: "MariaDB", Redis: "Redis",
	}[k]
}

// Conns is how many connections a pool may have, the same for each contender. More would not help:
// SQLite has one writer at a time, and a server few cores.
func (k Kind) Conns() int {
	if k == SQLite {
		return 8
	}
	return 32
}

// A DB is the private database of one contender.
type DB struct {
	Kind  Kind
	Pool  *sql.DB
	Redis *redis.Client // instead of Pool, where Kind is so
}

// Open opens the database that dsn names. If traffic is not nil, it counts what goes there, unless
// that is [Redis].
func Open(k Kind, dsn string, traffic *Traffic) (*DB, error) {
	if k == Redis {
		options, err := redis.ParseURL(dsn)
		if err != nil {
			return nil, err
		}
		options.PoolSize = k.Conns()
		db := &DB{Kind: k, Redis: redis.NewClient(options)}
		return db, db.Redis.Ping(context.Background()).Err()
	}
	c, err := connector(k, dsn, traffic)
	if err != nil {
		return nil, err
	}
	db := &DB{Kind: k, Pool: sql.OpenDB(c)}
	db.Pool.SetMaxOpenConns(k.Conns())
	db.Pool.SetMaxIdleConns(k.Conns())
	return db, db.Pool.Ping()
}

// Close closes the connections.
func (db *DB) Close() error {
	if db.Redis != nil {
		return db.Redis.Close()
	}
	return db.Pool.Close()
}

func connector(k Kind, dsn string, traffic *Traffic) (driver.Connector, error) {
	var c driver.Connector
	switch k {
	case SQLite:
		c = sqliteConnector(dsn)
	case Postgres:
		config, err := pgx.ParseConfig(dsn)
		if err != nil {
			return nil, err
		}
		if traffic != nil {
			config.DialFunc = traffic.dialer(config.DialFunc)
		}
		c = stdlib.GetConnector(*config)
	case MariaDB:
		config, err := mysqldriver.ParseDSN(dsn)
		if err != nil {
			return nil, err
		}
		if traffic != nil {
			config.DialFunc = traffic.dialer(dial)
		}
		if c, err = mysqldriver.NewConnector(config); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("unknown kind of database %q", k)
	}
	if traffic != nil {
		c = countingConnector{c, traffic}
	}
	return c, nil
}

type sqliteConnector string

func (c sqliteConnector) Connect(context.Context) (driver.Conn, error) {
	return c.Driver().Open(string(c))
}

func (c sqliteConnector) Driver() driver.Driver { return &sqlite3.SQLiteDriver{} }

// GORM opens GORM over the pool, with its default configuration, or tuned: with PrepareStmt and
// SkipDefaultTransaction. It logs nothing.
func (db *DB) GORM(tuned bool) (*gorm.DB, error) {
	var d gorm.Dialector
	switch db.Kind {
	case SQLite:
		d = sqlite.New(sqlite.Config{Conn: db.Pool})
	case Postgres:
		d = postgres.New(postgres.Config{Conn: db.Pool})
	case MariaDB:
		d = mysql.New(mysql.Config{Conn: db.Pool})
	}
	return gorm.Open(d, &gorm.Config{
		Logger: logger.Discard, PrepareStmt: tuned, SkipDefaultTransaction: tuned,
	})
}

// Bind puts the parameters of a statement, each a question mark, as the database wants them.
func (db *DB) Bind(query string) string {
	if db.Kind != Postgres {
		return query
	}
	for n := 1; strings.Contains(query, "?"); n++ {
		query = strings.Replace(query, "?", "$"+strconv.Itoa(n), 1)
	}
	return query
}

// Exec runs statements that have no parameters.
func (db *DB) Exec(statements ...string) error {
	for _, s := range statements {
		if _, err := db.Pool.Exec(s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}
