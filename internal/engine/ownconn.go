package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"reflect"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// An ownConn is the connection of one operation on an SQLite that is in this process. For a context
// that can end, drivers of SQLite start a goroutine with each statement, which takes longer than
// the statement. So the operation takes a connection within its time, and what it asks on that is
// bounded by SQLite's busy timeout alone, which these drivers cannot cut short anyway; see
// sharesCache for what it does not bound. Callbacks and hooks of the application's see the context
// as it is.
type ownConn struct {
	db   *sql.DB
	kept kept
	conn *sql.Conn   // but for statements that are kept, which take one themselves
	rows []*sql.Rows // that somebody may have left open
}

// patient is a context whose deadline is told, and ends nothing.
type patient struct{ context.Context }

func (patient) Done() <-chan struct{} { return nil }

// A taking is the context of a statement that is kept: the wait for a connection ends with it, and
// nothing after that.
type taking struct {
	context.Context
	taken bool
}

func (c *taking) Done() <-chan struct{} {
	if c.taken {
		return nil
	}
	return c.Context.Done()
}

// tells has database/sql tell when there is a connection: parameters are asked for their values
// then.
func (c *taking) tells(args []any) []any {
	args = slices.Clone(args)
	args[0] = telling{c, args[0]}
	return args
}

type telling struct {
	taking *taking
	arg    any
}

// Value implements driver.Valuer.
func (t telling) Value() (driver.Value, error) {
	t.taking.taken = true
	return driver.DefaultParameterConverter.ConvertValue(t.arg)
}

// take takes the connection.
func (c *ownConn) take(ctx context.Context) (err error) {
	if c.conn == nil {
		c.conn, err = c.db.Conn(ctx)
	}
	return err
}

// release gives the connection back, which waits for rows that are open: a callback may have
// panicked over them. That it fails means that the connection is gone, which is no failure here.
func (c *ownConn) release() {
	for _, rows := range c.rows {
		_ = rows.Close()
	}
	if c.conn != nil {
		_ = c.conn.Close()
	}
}

// GetDBConn serves callbacks that ask for the pool.
func (c *ownConn) GetDBConn() (*sql.DB, error) { return c.db, nil }

func (c *ownConn) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if statement := c.kept[query]; statement != nil && c.conn == nil {
		taking := &taking{Context: ctx}
		return statement.ExecContext(taking, taking.tells(args)...)
	}
	if err := c.take(ctx); err != nil {
		return nil, err
	}
	return c.conn.ExecContext(patient{ctx}, query, args...)
}

func (c *ownConn) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := c.query(ctx, query, args...)
	if err == nil {
		c.rows = append(c.rows, rows)
	}
	return rows, err
}

func (c *ownConn) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if statement := c.kept[query]; statement != nil && c.conn == nil {
		taking := &taking{Context: ctx}
		return statement.QueryContext(taking, taking.tells(args)...)
	}
	if err := c.take(ctx); err != nil {
		return nil, err
	}
	return c.conn.QueryContext(patient{ctx}, query, args...)
}

// PrepareContext and QueryRowContext are nothing of ours, and go to the pool.
func (c *ownConn) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return c.db.PrepareContext(ctx, query)
}

func (c *ownConn) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return c.db.QueryRowContext(ctx, query, args...)
}

// BeginTx implements gorm.ConnPoolBeginner.
func (c *ownConn) BeginTx(ctx context.Context, opts *sql.TxOptions) (gorm.ConnPool, error) {
	if err := c.take(ctx); err != nil {
		return nil, err
	}
	tx, err := c.conn.BeginTx(patient{ctx}, opts)
	if err != nil {
		return nil, err
	}
	return &keptTx{Tx: tx, db: c.db, kept: c.kept, patient: true}, nil
}

// sharesCache tells whether connections to SQLite share a cache, as far as a dialector shows its
// DSN. No busy timeout bounds the wait for a table that another one has locked there: modernc's
// driver waits until the context ends, so it is to have one that does.
func sharesCache(d gorm.Dialector) bool {
	v := reflect.Indirect(reflect.ValueOf(d))
	if v.Kind() != reflect.Struct {
		return false
	}
	dsn := v.FieldByName("DSN")
	return dsn.Kind() == reflect.String && strings.Contains(dsn.String(), "cache=shared")
}

// isInProcess tells whether a pool's driver is one of SQLite's that reaches the database by no
// network, so that what is asked of it cannot hang on a silent server.
func isInProcess(pool gorm.ConnPool) bool {
	db, ok := pool.(*sql.DB)
	if !ok {
		return false
	}
	driver := reflect.TypeOf(db.Driver())
	if driver.Kind() == reflect.Pointer {
		driver = driver.Elem()
	}
	switch driver.PkgPath() {
	case "github.com/mattn/go-sqlite3", "github.com/glebarez/go-sqlite", "modernc.org/sqlite":
		return true
	}
	return false
}
