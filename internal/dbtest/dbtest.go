// Package dbtest gives a test a private, real database: a SQLite file, or a
// database of its own in a PostgreSQL or MariaDB server.
//
// The servers are started from the installed server programs, once per test
// process and only when a test asks for them, in a temporary directory and on a
// free port of the loopback interface. TEST_POSTGRES_DSN and TEST_MYSQL_DSN name
// running servers to use instead; their account must be allowed to create and to
// drop databases. Where there is neither, a test that needs the server is
// skipped; with CI=true it fails, so that a run that is to count can hide nothing.
package dbtest

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gorm.io/gorm"
)

// Kind is a kind of database.
type Kind string

// The databases that everything is tested on.
const (
	SQLite   Kind = "sqlite"
	Postgres Kind = "postgres"
	MariaDB  Kind = "mariadb"
)

// Kinds lists every [Kind], in the order in which [Each] runs them. A TestMain may
// set it to fewer: tests of the others are skipped then.
var Kinds = []Kind{SQLite, Postgres, MariaDB}

// Main runs the tests of m, stops the servers that dbtest started, removes their
// files and returns the exit code:
//
//	func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }
//
// A package without it leaves no server behind on Linux, but leaves their files
// until the next test process clears them up.
func Main(m *testing.M) int {
	code := m.Run()
	stopShared()
	return code
}

// Each runs f as a subtest per database, named sqlite, postgres and mariadb, each
// with a private empty database. The subtests may call t.Parallel.
func Each(t *testing.T, f func(t *testing.T, d *DB)) {
	t.Helper()
	for _, k := range Kinds {
		t.Run(string(k), func(t *testing.T) { f(t, New(t, k)) })
	}
}

// DB is a private database of one test. It is safe for concurrent use.
type DB struct {
	kind Kind
	dsn  string
}

// New returns a private empty database, which is dropped at the end of the test.
// It skips the test where the server is not to be had, and fails it if CI=true.
func New(tb testing.TB, k Kind) *DB {
	tb.Helper()
	among(tb, k)
	if k == SQLite {
		return newSQLite(tb)
	}
	dsn, err := serverDSN(k)
	if err != nil {
		unavailable(tb, err)
	}
	d, drop := create(tb, k, dsn)
	tb.Cleanup(drop)
	return d
}

// Kind returns the kind of the database.
func (d *DB) Kind() Kind { return d.kind }

// DSN returns the data source name, in the form that GORM's driver for the
// database takes. Another process of the tests may use it as well, with [OpenDSN].
// For SQLite it sets WAL mode and a busy timeout of 5 seconds, and leaves
// transactions deferred, which is the driver's default.
func (d *DB) DSN() string { return d.dsn }

// Dialector returns GORM's dialector for the database.
func (d *DB) Dialector() gorm.Dialector { return dialector(d.kind, d.dsn, nil) }

// Open opens a new pool of connections to the database, as [OpenDSN] does, and
// closes it at the end of the test.
func (d *DB) Open(tb testing.TB, opts ...gorm.Option) *gorm.DB {
	tb.Helper()
	db, err := OpenDSN(d.kind, d.dsn, opts...)
	if err != nil {
		tb.Fatalf("dbtest: open %s: %v", d.kind, err)
	}
	closeAtEnd(tb, db)
	return db
}

// OpenCounted is [DB.Open] through a driver that records each statement.
func (d *DB) OpenCounted(tb testing.TB, opts ...gorm.Option) (*gorm.DB, *Statements) {
	tb.Helper()
	s := &Statements{}
	pool, err := s.pool(d.kind, d.dsn)
	if err != nil {
		tb.Fatalf("dbtest: open %s: %v", d.kind, err)
	}
	db, err := open(dialector(d.kind, d.dsn, pool), opts)
	if err != nil {
		pool.Close()
		tb.Fatalf("dbtest: open %s: %v", d.kind, err)
	}
	s.Reset() // Forget what the dialector asked the server while it was opened.
	closeAtEnd(tb, db)
	return db, s
}

func closeAtEnd(tb testing.TB, db *gorm.DB) {
	pool, err := db.DB()
	if err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	tb.Cleanup(func() { pool.Close() })
}

func newSQLite(tb testing.TB) *DB {
	tb.Helper()
	d := &DB{SQLite, sqliteDSN(filepath.Join(tb.TempDir(), "db.sqlite"))}
	// The change to WAL is made here, once and alone: connections that make it at
	// the same moment get "database is locked", whatever their busy timeout.
	if err := execute(SQLite, d.dsn, "PRAGMA user_version = 0"); err != nil {
		tb.Fatalf("dbtest: create a SQLite database: %v", err)
	}
	return d
}

// among skips a test of a kind that the run is not of, as it has set [Kinds].
func among(tb testing.TB, k Kind) {
	tb.Helper()
	if !slices.Contains(Kinds, k) {
		tb.Skipf("dbtest: this run is of %v alone", Kinds)
	}
}

// unavailable ends a test whose database is not to be had. That the server is not
// installed is a reason to skip on a laptop; that it does not start never is.
func unavailable(tb testing.TB, err error) {
	tb.Helper()
	if errors.Is(err, errNoServer) && os.Getenv("CI") != "true" {
		tb.Skipf("dbtest: %v", err)
	}
	tb.Fatalf("dbtest: %v", err)
}
