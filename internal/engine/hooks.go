package engine

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"

	"gorm.io/gorm"
)

// hooked tells whether the model has hooks that GORM calls at a write.
func (t *Table) hooked() bool {
	m := t.schema
	return m.BeforeSave || m.AfterSave || m.BeforeCreate || m.AfterCreate || m.BeforeUpdate ||
		m.AfterUpdate || m.BeforeDelete || m.AfterDelete
}

// watch has a transaction note what fails in the database or its driver.
func watch(on line) line {
	if pool, ok := on.pool.(gorm.Tx); ok {
		on.pool = &watchedTx{Tx: pool}
	}
	return on
}

// byHook tells whether an error that a statement has ended with is a hook's own, whatever its type:
// no statement has failed with it.
func (t *Table) byHook(tx *gorm.DB, err error) bool {
	w, ok := tx.Statement.ConnPool.(*watchedTx)
	if !ok {
		return false
	}
	failure := w.failure.Load()
	return failure == nil || !errors.Is(err, *failure) && !errors.Is(err, t.faults.Translate(*failure))
}

// A watchedTx is a transaction that notes the last error of the database or its driver.
type watchedTx struct {
	gorm.Tx
	failure atomic.Pointer[error]
}

func (w *watchedTx) note(err error) error {
	if err != nil {
		w.failure.Store(&err)
	}
	return err
}

// GetDBConn serves hooks that ask for the pool.
func (w *watchedTx) GetDBConn() (*sql.DB, error) {
	return (&gorm.DB{Config: &gorm.Config{ConnPool: w.Tx}}).DB()
}

func (w *watchedTx) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	stmt, err := w.Tx.PrepareContext(ctx, query)
	return stmt, w.note(err)
}

func (w *watchedTx) ExecContext(
	ctx context.Context, query string, args ...any,
) (sql.Result, error) {
	result, err := w.Tx.ExecContext(ctx, query, args...)
	return result, w.note(err)
}

func (w *watchedTx) QueryContext(
	ctx context.Context, query string, args ...any,
) (*sql.Rows, error) {
	rows, err := w.Tx.QueryContext(ctx, query, args...)
	return rows, w.note(err)
}

func (w *watchedTx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	row := w.Tx.QueryRowContext(ctx, query, args...)
	_ = w.note(row.Err())
	return row
}
