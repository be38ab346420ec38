package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"gorm.io/gorm"
)

// ErrTransaction: a session is to be saved in what is no open transaction of its database.
var ErrTransaction = errors.New("gormsession: SaveIn needs a transaction that is open, " +
	"of the database that New was given, and that ends before the response leaves")

// Within is the key by which a context is asked for the transaction of the application's, a
// *Transaction, that all of the engine's statements are to be part of. It is nil where there is
// none.
type Within struct{}

// A Transaction is one of the application's, which begins and ends it. What fails in it is not
// tried again: its other statements are not the engine's.
type Transaction struct {
	pool gorm.ConnPool
	tx   *sql.Tx // nil where nobody can tell whether it has ended
}

// Transaction checks that tx is an open one of this store's database.
func (s *Store) Transaction(tx *gorm.DB) (*Transaction, error) {
	switch {
	case tx == nil, tx.DryRun:
		return nil, ErrTransaction
	case tx.Error != nil:
		return nil, fmt.Errorf("%w: %w", ErrTransaction, tx.Error)
	}
	pool := tx.Statement.ConnPool
	if prepared, ok := pool.(*gorm.PreparedStmtTX); ok {
		pool = prepared.Tx // past GORM's cache of statements, as all that is the engine's
	}
	in := &Transaction{pool: pool}
	in.tx, _ = pool.(*sql.Tx)
	if _, ok := pool.(gorm.TxCommitter); !ok || in.HasEnded() || !s.Own.isOf(tx) {
		return nil, ErrTransaction
	}
	return in, nil
}

// isOf tells whether a handle may be of this table's database: as far as both have a pool of
// database/sql's, they have the same.
func (t *Table) isOf(tx *gorm.DB) bool {
	theirs, err := (&gorm.DB{Config: &gorm.Config{ConnPool: tx.Config.ConnPool}}).DB()
	ours, ourErr := t.db.DB()
	return tx.Dialector.Name() == t.dialectName &&
		(err != nil || ourErr != nil || theirs == ours)
}

// Is tells whether two are of the same transaction, or of savepoints in it.
func (in *Transaction) Is(other *Transaction) bool { return in.pool == other.pool }

// IsOpen tells whether the transaction is known to be open.
func (in *Transaction) IsOpen() bool { return in.tx != nil && !in.HasEnded() }

// HasEnded tells, without a word to the database, whether the transaction is known to have ended,
// or to be about to: database/sql says so of one whose COMMIT is on its way. A statement that is
// none is refused for that first.
func (in *Transaction) HasEnded() bool {
	if in.tx == nil {
		return false
	}
	none := in.tx.StmtContext(context.Background(), new(sql.Stmt))
	return errors.Is(none.Close(), sql.ErrTxDone)
}

// within is the application's transaction that statements with this context are part of, or nil.
func within(ctx context.Context) *Transaction {
	in, _ := ctx.Value(Within{}).(*Transaction)
	return in
}

// writeWithin is transactOn in the application's transaction.
func (t *Table) writeWithin(ctx context.Context, on line, write func(on line) error) error {
	if t.hooked() {
		on = watch(on)
	}
	err := write(on)
	if err == nil {
		err = meddledWith(ctx) // a hook
	}
	if err != nil {
		return undone{err} // by the application, which is told
	}
	return nil
}
