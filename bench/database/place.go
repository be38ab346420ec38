package database

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// A Place holds databases of one kind: a directory of files, or a server.
type Place interface {
	// Create makes an empty database and returns its data source name.
	Create(name string) (dsn string, err error)
	// Drop removes the database.
	Drop(name string) error
	// Version says what the database is.
	Version() (string, error)
	// Settings lists what differs from how the database comes.
	Settings() []string
	// Close ends the place; its files are the caller's.
	Close() error
}

// NewPlace makes a place for databases of a kind under dir.
func NewPlace(k Kind, dir string) (Place, error) {
	dir = filepath.Join(dir, string(k))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	switch k {
	case SQLite:
		return files(dir), nil
	case Postgres:
		return start(k, dir, postgresServer)
	case MariaDB:
		return start(k, dir, mariadbServer)
	case Redis:
		s, err := start(k, dir, redisServer)
		return &redisPlace{server: s}, err
	}
	return nil, fmt.Errorf("unknown kind of database %q", k)
}

// files is the place of SQLite's databases.
type files string

func (f files) path(name string) string { return filepath.Join(string(f), name+".db") }

// sqliteSettings are part of each data source name. The busy timeout is below that of a session's
// commit.
const sqliteSettings = "_journal_mode=WAL&_synchronous=NORMAL&_busy_timeout=4000"

func (f files) Create(name string) (string, error) {
	dsn := "file:" + f.path(name) + "?" + sqliteSettings
	db, err := Open(SQLite, dsn, nil)
	if err != nil {
		return "", err
	}
	// Connections that change to WAL at the same moment would lock each other out.
	return dsn, errors.Join(db.Exec("PRAGMA user_version = 0"), db.Pool.Close())
}

func (f files) Drop(name string) error {
	found, err := filepath.Glob(f.path(name) + "*")
	for _, path := range found {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

func (f files) Version() (string, error) {
	db, err := Open(SQLite, ":memory:", nil)
	if err != nil {
		return "", err
	}
	defer db.Pool.Close()
	return version(db.Pool, "SELECT sqlite_version()")
}

func (f files) Settings() []string { return []string{sqliteSettings} }

func (f files) Close() error { return nil }

func version(pool *sql.DB, query string) (string, error) {
	var v string
	err := pool.QueryRow(query).Scan(&v)
	return v, err
}
