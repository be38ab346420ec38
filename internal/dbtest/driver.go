package dbtest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// connector returns the driver's connector for dsn.
func connector(k Kind, dsn string) (driver.Connector, error) {
	switch k {
	case SQLite:
		return sqliteConnector{dsn}, nil
	case Postgres:
		c, err := pgx.ParseConfig(dsn)
		if err != nil {
			return nil, err
		}
		return stdlib.GetConnector(*c), nil
	case MariaDB:
		c, err := mysqldriver.ParseDSN(dsn)
		if err != nil {
			return nil, err
		}
		return mysqldriver.NewConnector(c)
	}
	panic("dbtest: unknown kind " + string(k))
}

type sqliteConnector struct{ dsn string }

func (c sqliteConnector) Driver() driver.Driver { return sqliteBy.driver }

func (c sqliteConnector) Connect(context.Context) (driver.Conn, error) {
	return c.Driver().Open(c.dsn)
}

// pool opens a pool whose statements s records.
func (s *Statements) pool(k Kind, dsn string) (*sql.DB, error) {
	c, err := connector(k, dsn)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(recordingConnector{c, s}), nil
}

type recordingConnector struct {
	driver.Connector
	log *Statements
}

func (c recordingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := inner.(fullConn)
	if !ok {
		inner.Close()
		return nil, errors.New("dbtest: the driver lacks a context method")
	}
	return &conn{fullConn: full, log: c.log}, nil
}

// fullConn is what the connections of all three drivers can do.
type fullConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
}

// conn records. database/sql uses a connection from one goroutine at a time.
type conn struct {
	fullConn
	log *Statements
	// skipped is a statement that the driver would not execute without preparing
	// it (driver.ErrSkip). It comes back as a prepared one, and is recorded already.
	skipped string
}

func (c *conn) ExecContext(
	ctx context.Context, query string, args []driver.NamedValue,
) (driver.Result, error) {
	return run(c, query, func() (driver.Result, error) {
		return compiling(c, query, func() (driver.Result, error) {
			return c.fullConn.ExecContext(ctx, query, args)
		})
	}, nil)
}

func (c *conn) QueryContext(
	ctx context.Context, query string, args []driver.NamedValue,
) (driver.Rows, error) {
	return run(c, query, func() (driver.Rows, error) {
		return compiling(c, query, func() (driver.Rows, error) {
			return c.fullConn.QueryContext(ctx, query, args)
		})
	}, discardRows)
}

// compiling is for what the driver is given as a text. One that it skips is prepared instead.
func compiling[T any](c *conn, query string, do func() (T, error)) (T, error) {
	result, err := do()
	if err != driver.ErrSkip {
		c.log.compile(query)
	}
	return result, err
}

func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	c.log.compile(query)
	inner, err := c.fullConn.PrepareContext(ctx, query)
	if err != nil {
		c.skipped = ""
		return nil, err
	}
	full, ok := inner.(fullStmt)
	if !ok {
		inner.Close()
		return nil, errors.New("dbtest: the driver's statement lacks a context method")
	}
	return &stmt{full, c, query}, nil
}

// run issues one statement. Where its answer is to be lost, it is discarded first.
func run[T any](
	c *conn, query string, do func() (T, error), discard func(T),
) (result T, err error) {
	var none T
	if c.skipped == query {
		c.skipped = ""
	} else if err := c.log.issue(query); err != nil {
		return none, err
	}
	result, err = do()
	if err != nil {
		if err == driver.ErrSkip {
			c.skipped = query
		}
		return none, err
	}
	if err := c.log.answer(query); err != nil {
		if discard != nil {
			discard(result)
		}
		return none, err
	}
	return result, nil
}

func discardRows(rows driver.Rows) { rows.Close() }

func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if err := c.log.issue("BEGIN"); err != nil {
		return nil, err
	}
	inner, err := c.fullConn.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	if err := c.log.answer("BEGIN"); err != nil {
		_ = inner.Rollback()
		return nil, err
	}
	return tx{inner, c.log}, nil
}

// The optional parts of a connection, which a wrapper hides unless it has them.

func (c *conn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.fullConn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

func (c *conn) ResetSession(ctx context.Context) error {
	if resetter, ok := c.fullConn.(driver.SessionResetter); ok {
		return resetter.ResetSession(ctx)
	}
	return nil
}

func (c *conn) IsValid() bool {
	validator, ok := c.fullConn.(driver.Validator)
	return !ok || validator.IsValid()
}

type fullStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type stmt struct {
	fullStmt
	conn  *conn
	query string
}

func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return run(
		s.conn, s.query, func() (driver.Result, error) { return s.fullStmt.ExecContext(ctx, args) }, nil,
	)
}

func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return run(
		s.conn, s.query, func() (driver.Rows, error) { return s.fullStmt.QueryContext(ctx, args) },
		discardRows,
	)
}

func (s *stmt) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := s.fullStmt.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return s.conn.CheckNamedValue(v)
}

type tx struct {
	inner driver.Tx
	log   *Statements
}

func (t tx) Commit() error {
	if err := t.log.issue("COMMIT"); err != nil {
		_ = t.inner.Rollback() // The connection goes back to the pool, outside of a transaction.
		return err
	}
	if err := t.inner.Commit(); err != nil {
		return err
	}
	return t.log.answer("COMMIT")
}

func (t tx) Rollback() error {
	failed := t.log.issue("ROLLBACK")
	err := t.inner.Rollback()
	if failed != nil {
		return failed
	}
	if err != nil {
		return err
	}
	return t.log.answer("ROLLBACK")
}
