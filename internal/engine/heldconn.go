package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"

	"gorm.io/gorm"
)

// A heldConn is one connection for a transaction and for what is said before and after it. It
// passes for a transaction itself, which a resolver leaves on its connection.
type heldConn struct {
	*sql.Conn
	t    *Table
	db   *sql.DB
	kept kept // of this pool
}

// hold takes a connection of the primary.
func (t *Table) hold(ctx context.Context) (*heldConn, error) {
	db := t.sqlPool(ctx)
	if db == nil {
		return nil, fmt.Errorf("%w: the pool %T has no connections that can be held",
			gorm.ErrInvalidDB, t.source(ctx))
	}
	conn, err := db.Conn(ctx)
	held := &heldConn{Conn: conn, t: t, db: db}
	if t.db.Statement.ConnPool == gorm.ConnPool(db) { // and not a resolver's
		held.kept = t.kept
	}
	return held, err
}

// giveBack gives the connection back once undo has undone what it was held for. Where that is not
// possible, or nobody knows how it stands, as an answer is still awaited on it, it is closed, which
// undoes the same.
func (c *heldConn) giveBack(ctx context.Context, undo func() error) {
	if ctx.Err() == nil && undo() == nil {
		_ = c.Close()
		return
	}
	c.t.asking.Add(1) // see inTime
	go func() {
		defer c.t.asking.Add(-1)
		_ = c.Raw(func(any) error { return driver.ErrBadConn })
		_ = c.Close()
	}()
}

// GetDBConn serves callbacks that ask for the pool.
func (c *heldConn) GetDBConn() (*sql.DB, error) { return c.db, nil }

// BeginTx implements gorm.ConnPoolBeginner.
func (c *heldConn) BeginTx(ctx context.Context, opts *sql.TxOptions) (gorm.ConnPool, error) {
	tx, err := c.Conn.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	return &keptTx{Tx: tx, db: c.db, kept: c.kept}, nil
}

// Commit and Rollback make it a gorm.TxCommitter, and do nothing.
func (c *heldConn) Commit() error   { return nil }
func (c *heldConn) Rollback() error { return nil }
