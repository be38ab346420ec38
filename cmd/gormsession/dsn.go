package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/mysql"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
)

const dsnVariable = "GORMSESSION_DSN"

// A source is a database, as a DSN names it.
type source struct {
	engine   string // GORM's name: sqlite, postgres, mysql
	name     string // what it may be called, without a password
	file     string // of SQLite, "" in memory
	dsn      string // of SQLite, as the driver takes it
	password string // which is not to be shown

	postgres *pgx.ConnConfig
	mysql    *mysqldriver.Config
}

// errURL has nothing of the URL: what cannot be read may be a part of the password.
var errURL = errors.New("as a URL it is not well formed; in a password, write %23 for #, " +
	"%2F for /, %3F for ?, %40 for @ and %25 for %")

var errForms = errors.New("it is none of sqlite:app.db, postgres://user@host/db and " +
	"mysql://user@tcp(host:3306)/db")

// parseDSN reads a DSN. Its text is in no error: it may hold a password.
func parseDSN(text string) (source, error) {
	scheme, rest, _ := strings.Cut(text, ":")
	switch strings.ToLower(scheme) {
	case "sqlite", "sqlite3":
		return sqliteSource(strings.TrimPrefix(rest, "//"))
	case "file":
		return sqliteSource(text)
	case "postgres", "postgresql":
		return postgresSource(text)
	case "mysql", "mariadb":
		return mysqlSource(strings.TrimPrefix(rest, "//"))
	}
	path, _, _ := strings.Cut(text, "?")
	switch {
	case text == "":
		return source{}, misusef("which database? --dsn or %s says it: sqlite:app.db, "+
			"postgres://user@host/db, mysql://user@tcp(host:3306)/db", dsnVariable)
	case strings.Contains(text, "@tcp(") || strings.Contains(text, "@unix("):
		return mysqlSource(text)
	case strings.Contains(text, "dbname=") || strings.Contains(text, "host="):
		return postgresSource(text)
	case strings.Contains(text, "://"): // of a scheme that there is not
	case slices.Contains([]string{".db", ".sqlite", ".sqlite3"}, filepath.Ext(path)):
		return sqliteSource(text)
	}
	return source{}, misusef("--dsn: %w", errForms)
}

func sqliteSource(dsn string) (source, error) {
	path, options, _ := strings.Cut(strings.TrimPrefix(dsn, "file:"), "?")
	if strings.HasPrefix(dsn, "file:") {
		path = strings.TrimPrefix(path, "//")
		if plain, err := url.PathUnescape(path); err == nil {
			path = plain
		}
	}
	if path == "" {
		return source{}, misusef("--dsn: sqlite: takes a file, as in sqlite:app.db")
	}
	s := source{engine: "sqlite", name: "sqlite:" + path, dsn: dsn, file: path}
	if path == ":memory:" || strings.Contains(options, "mode=memory") {
		s.file = ""
	}
	return s, nil
}

func postgresSource(dsn string) (source, error) {
	if strings.Contains(dsn, "://") {
		if _, err := parseURL(dsn); err != nil {
			return source{}, misusef("--dsn: PostgreSQL's cannot be read: %w", err)
		}
	}
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		inner := errors.Unwrap(err) // pgx shows the DSN in the outer one
		if inner == nil {
			inner = errForms
		}
		return source{}, misusef("--dsn: PostgreSQL's cannot be read: %w", inner)
	}
	return source{
		engine: "postgres", postgres: config, password: config.Password,
		name: fmt.Sprintf("postgres://%s:%d/%s", config.Host, config.Port, config.Database),
	}, nil
}

// parseURL refuses what one may read in several ways, and show a part of the password as the host
// or the port: more than one @, or one after a character that ends the host.
func parseURL(dsn string) (*url.URL, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return nil, errURL
	}
	_, rest, _ := strings.Cut(dsn, "://")
	authority := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority, rest = rest[:end], rest[end:]
		if path, _, _ := strings.Cut(rest, "?"); path == "" { // it may be no query
			authority += rest
		} else {
			authority += path
		}
	}
	ats := strings.Count(authority, "@")
	if ats > 1 || ats == 1 && u.User == nil || strings.Contains(dsn, "#") {
		return nil, errURL
	}
	return u, nil
}

// mysqlSource reads the driver's form, or that of a URL.
func mysqlSource(dsn string) (source, error) {
	config, err := mysqldriver.ParseDSN(dsn)
	if err != nil && !strings.Contains(dsn, "(") {
		config, err = mysqlURL(dsn)
	}
	if errors.Is(err, errURL) {
		return source{}, misusef("--dsn: MySQL's cannot be read: %w", err)
	}
	if err != nil {
		return source{}, misusef("--dsn: MySQL's cannot be read; it is as in " +
			"mysql://user:password@tcp(host:3306)/db, with the options of the driver")
	}
	config.ParseTime, config.Loc = true, time.UTC
	return source{
		engine: "mysql", mysql: config, password: config.Passwd,
		name: fmt.Sprintf("mysql://%s(%s)/%s", config.Net, config.Addr, config.DBName),
	}, nil
}

func mysqlURL(rest string) (*mysqldriver.Config, error) {
	u, err := parseURL("mysql://" + rest)
	if err != nil {
		return nil, err
	}
	password, _ := u.User.Password()
	config := mysqldriver.NewConfig()
	config.Net, config.Addr, config.DBName = "tcp", u.Host, strings.TrimPrefix(u.Path, "/")
	config.User, config.Passwd = u.User.Username(), password
	plain, _, _ := strings.Cut(config.FormatDSN(), "?")
	return mysqldriver.ParseDSN(plain + "?" + u.RawQuery) // which completes the address
}

// exists tells whether there may be a database: SQLite makes a file that is missing.
func (s source) exists() bool {
	if s.engine != "sqlite" || s.file == "" {
		return true
	}
	_, err := os.Stat(s.file)
	return err == nil
}

// dialector is GORM's for the database. A server that does not answer is given up after a while.
func (s source) dialector(patience time.Duration) (gorm.Dialector, error) {
	switch s.engine {
	case "postgres":
		config := s.postgres.Copy()
		if config.ConnectTimeout == 0 {
			config.ConnectTimeout = patience
		}
		return postgres.New(postgres.Config{Conn: stdlib.OpenDB(*config)}), nil
	case "mysql":
		config := s.mysql.Clone()
		if config.Timeout == 0 {
			config.Timeout = patience
		}
		connector, err := mysqldriver.NewConnector(config)
		if err != nil {
			return nil, err
		}
		pool := sql.OpenDB(connector)
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := pool.PingContext(ctx); err != nil { // the driver's timeout is that of the dial alone
			pool.Close()
			return nil, fmt.Errorf("%s cannot be opened: %w", s.name, err)
		}
		return mysql.New(mysql.Config{Conn: pool}), nil
	}
	return sqlite.Open(s.dsn), nil
}
