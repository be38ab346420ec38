package engine

import (
	"context"
	"database/sql"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// A line is what statements run on: the pool, or a transaction of it.
type line struct {
	ctx   context.Context
	pool  gorm.ConnPool
	quiet bool // what a statement says is not logged: a question that may be answered with an error
}

// line is the one that single statements go to, pinned to the primary: a replica may not know of a
// login yet, or of a logout.
func (t *Table) line(ctx context.Context) line { return line{ctx: ctx, pool: t.source(ctx)} }

// quiet is line for questions.
func (t *Table) quiet(ctx context.Context) line {
	return line{ctx: ctx, pool: t.source(ctx), quiet: true}
}

// The names of dbresolver's callback, and of its setting for what goes to the primary.
const (
	resolverPin   = "gorm:db_resolver"
	resolverWrite = "gorm:db_resolver:write"
)

// pin is dbresolver's callback, nil where the application uses none.
func (t *Table) pin() func(*gorm.DB) { return t.db.Callback().Query().Get(resolverPin) }

// source is the pool of the primary. GORM takes the first pool there is for a transaction, while
// statements go to the resolver's source; this is what its clause Write does.
func (t *Table) source(ctx context.Context) gorm.ConnPool {
	if in := within(ctx); in != nil {
		return in.pool
	}
	pin := t.pin()
	if pin == nil {
		return t.db.Statement.ConnPool
	}
	tx := t.statement(line{ctx: ctx, pool: t.db.Statement.ConnPool})
	pin(tx)
	return tx.Statement.ConnPool
}

// sqlPool is the source, or nil where it is none of database/sql's.
func (t *Table) sqlPool(ctx context.Context) *sql.DB { return sqlPoolOf(t.source(ctx)) }

func sqlPoolOf(pool gorm.ConnPool) *sql.DB {
	db, _ := (&gorm.DB{Config: &gorm.Config{ConnPool: pool}}).DB()
	return db
}

// withLine runs what is to be asked of the pool alone.
func (t *Table) withLine(ctx context.Context, ask func(on line) error) error {
	on := t.line(ctx)
	if db, ok := on.pool.(*sql.DB); ok && t.pin() == nil {
		switch {
		case t.patient:
			own := &ownConn{db: db, kept: t.kept}
			on.pool = own
			defer own.release()
		case t.kept != nil:
			on.pool = keptPool{db, t.kept}
		}
	}
	return ask(on)
}

// begin begins a transaction.
func (t *Table) begin(on line, opts *sql.TxOptions) (line, gorm.TxCommitter, error) {
	var err error
	switch source := on.pool.(type) {
	case gorm.TxBeginner:
		var tx *sql.Tx
		if tx, err = source.BeginTx(on.ctx, opts); err == nil {
			on.pool = tx
		}
	case gorm.ConnPoolBeginner:
		on.pool, err = source.BeginTx(on.ctx, opts)
	default:
		err = gorm.ErrInvalidTransaction
	}
	if err != nil {
		return line{}, nil, err
	}
	tx, ok := on.pool.(gorm.TxCommitter)
	if !ok {
		return line{}, nil, fmt.Errorf("%w: %T cannot commit", gorm.ErrInvalidTransaction, on.pool)
	}
	return on, tx, nil
}

// statement is one statement on that line, which GORM's callbacks are still to go through. Nothing
// of the application's handle is in it but the configuration.
func (t *Table) statement(on line) *gorm.DB {
	var made struct { // in one piece
		db   gorm.DB
		stmt gorm.Statement
	}
	tx, stmt := &made.db, &made.stmt
	tx.Config, tx.Statement = t.db.Config, stmt
	if on.quiet {
		tx.Config = t.mute
	}
	stmt.DB, stmt.ConnPool, stmt.Context = tx, on.pool, on.ctx
	stmt.Table, stmt.TableExpr, stmt.Clauses = t.named, t.tableExpr, map[string]clause.Clause{}
	if t.pin() != nil {
		stmt.Settings.Store(resolverWrite, struct{}{})
	}
	return tx
}

// made is a statement whose text was made before, with its parameters.
func (t *Table) made(on line, text string, vars ...any) *gorm.DB {
	tx := t.statement(on)
	tx.Statement.SQL.WriteString(text)
	tx.Statement.Vars = vars
	return tx
}

// conditioned tells GORM that a text which was made before has a condition, without which it
// refuses an update.
var conditioned = clause.Clause{Name: "WHERE", Expression: clause.Where{
	Exprs: []clause.Expression{clause.Expr{SQL: "1 = 1"}},
}}

// madeUpdate is made for an update.
func (t *Table) madeUpdate(on line, text string, vars ...any) *gorm.DB {
	tx := t.made(on, text, vars...)
	tx.Statement.Clauses["WHERE"] = conditioned
	return tx
}

// query runs a text, by GORM's Row callbacks, which plugins that cache queries leave alone; and for
// Rows, as Row has no place for an error of the callbacks.
func (t *Table) query(on line, text string, vars ...any) (*sql.Rows, error) {
	rows, err := t.made(on, text, vars...).Rows()
	switch {
	case err == nil && rows == nil:
		err = errNoRows
	case err != nil && rows != nil: // a callback refused what was read
		_ = rows.Close()
		rows = nil
	}
	return rows, err
}
