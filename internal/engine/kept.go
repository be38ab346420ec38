package engine

import (
	"context"
	"database/sql"

	"gorm.io/gorm"
)

// kept are prepared statements by their texts. database/sql prepares each of them once on each
// connection, and they go with it.
type kept map[string]*sql.Stmt

// keep prepares the statements of each request where that saves something: SQLite would compile
// each one anew, and MySQL's driver asks for a preparation first, so there it is for the
// application's PrepareStmt to say. pgx keeps statements itself. What cannot be prepared goes as it
// is, and the database says then why.
func (t *Table) keep() {
	db, ok := t.db.Statement.ConnPool.(*sql.DB)
	if !ok || !t.inProcess && !(t.dialectName == "mysql" && t.prepares) {
		return
	}
	t.kept = kept{}
	_ = t.within(0, func(ctx context.Context) error {
		for _, text := range t.texts.ofRequests(t.model.IsBare()) {
			statement, err := db.PrepareContext(ctx, text)
			if err != nil {
				return err
			}
			t.kept[text] = statement
		}
		return nil
	})
}

// A keptPool is a pool with the statements that are kept for it.
type keptPool struct {
	*sql.DB
	kept kept
}

// GetDBConn serves callbacks that ask for the pool.
func (p keptPool) GetDBConn() (*sql.DB, error) { return p.DB, nil }

func (p keptPool) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if statement := p.kept[query]; statement != nil {
		return statement.ExecContext(ctx, args...)
	}
	return p.DB.ExecContext(ctx, query, args...)
}

func (p keptPool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if statement := p.kept[query]; statement != nil {
		return statement.QueryContext(ctx, args...)
	}
	return p.DB.QueryContext(ctx, query, args...)
}

// BeginTx implements gorm.ConnPoolBeginner.
func (p keptPool) BeginTx(ctx context.Context, opts *sql.TxOptions) (gorm.ConnPool, error) {
	tx, err := p.DB.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	return &keptTx{Tx: tx, db: p.DB, kept: p.kept}, nil
}

// A keptTx is a transaction with the statements that are kept for its pool.
type keptTx struct {
	*sql.Tx
	db      *sql.DB
	kept    kept
	patient bool // see ownConn
}

// GetDBConn serves callbacks that ask for the pool.
func (t *keptTx) GetDBConn() (*sql.DB, error) { return t.db, nil }

func (t *keptTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	ctx = t.bound(ctx)
	if statement := t.kept[query]; statement != nil {
		return t.Tx.StmtContext(ctx, statement).ExecContext(ctx, args...)
	}
	return t.Tx.ExecContext(ctx, query, args...)
}

func (t *keptTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	ctx = t.bound(ctx)
	if statement := t.kept[query]; statement != nil {
		return t.Tx.StmtContext(ctx, statement).QueryContext(ctx, args...)
	}
	return t.Tx.QueryContext(ctx, query, args...)
}

func (t *keptTx) bound(ctx context.Context) context.Context {
	if t.patient {
		return patient{ctx}
	}
	return ctx
}
