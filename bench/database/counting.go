package database

import (
	"context"
	"database/sql/driver"
)

// countingConnector wraps a driver so that each statement is counted.
type countingConnector struct {
	driver.Connector
	traffic *Traffic
}

func (c countingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &countingConn{inner.(fullConn), c.traffic}, nil
}

// fullConn is what the connections of all drivers here can do.
type fullConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
}

type countingConn struct {
	fullConn
	traffic *Traffic
}

func (c *countingConn) QueryContext(
	ctx context.Context, query string, args []driver.NamedValue,
) (driver.Rows, error) {
	rows, err := c.fullConn.QueryContext(ctx, query, args)
	c.count(err)
	return rows, err
}

func (c *countingConn) ExecContext(
	ctx context.Context, query string, args []driver.NamedValue,
) (driver.Result, error) {
	result, err := c.fullConn.ExecContext(ctx, query, args)
	c.count(err)
	return result, err
}

// count counts a statement unless it comes back as a prepared one.
func (c *countingConn) count(err error) {
	if err != driver.ErrSkip {
		c.traffic.Statements.Add(1)
	}
}

func (c *countingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	c.traffic.Prepares.Add(1)
	inner, err := c.fullConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return &countingStmt{inner.(fullStmt), c}, nil
}

func (c *countingConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	c.traffic.Tx.Add(1)
	inner, err := c.fullConn.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	return countingTx{inner, c.traffic}, nil
}

// The optional parts of a connection, which a wrapper hides unless it has them.

func (c *countingConn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.fullConn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

func (c *countingConn) ResetSession(ctx context.Context) error {
	if resetter, ok := c.fullConn.(driver.SessionResetter); ok {
		return resetter.ResetSession(ctx)
	}
	return nil
}

func (c *countingConn) IsValid() bool {
	validator, ok := c.fullConn.(driver.Validator)
	return !ok || validator.IsValid()
}

type fullStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type countingStmt struct {
	fullStmt
	conn *countingConn
}

func (s *countingStmt) QueryContext(
	ctx context.Context, args []driver.NamedValue,
) (driver.Rows, error) {
	s.conn.traffic.Statements.Add(1)
	return s.fullStmt.QueryContext(ctx, args)
}

func (s *countingStmt) ExecContext(
	ctx context.Context, args []driver.NamedValue,
) (driver.Result, error) {
	s.conn.traffic.Statements.Add(1)
	return s.fullStmt.ExecContext(ctx, args)
}

func (s *countingStmt) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := s.fullStmt.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return s.conn.CheckNamedValue(v)
}

type countingTx struct {
	inner   driver.Tx
	traffic *Traffic
}

func (t countingTx) Commit() error {
	t.traffic.Tx.Add(1)
	return t.inner.Commit()
}

func (t countingTx) Rollback() error {
	t.traffic.Tx.Add(1)
	return t.inner.Rollback()
}
