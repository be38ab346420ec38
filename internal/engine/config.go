package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/seed7368b609/gormsession/internal/fault"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// A Config is what a table is kept by. All of it is to be given.
type Config struct {
	Layout      layout.Layout
	Table       string
	Model       Model
	Codec       Codec
	ReplaceRows bool          // a new key is an insert and a delete
	Late        time.Duration // how far behind a replica may be that FindNear asks; 0: none is
	Timeout     time.Duration // of each operation
	Cleanup     time.Duration // between two sweeps; 0: none
	Clock       func() time.Time
	NewKey      func() string
	Logger      func() *slog.Logger
	Migrate     Migration
	// Sweeping carries out a sweep that nobody waits for, which returns how many rows it has
	// deleted.
	Sweeping func(
		ctx context.Context, sweep func(ctx context.Context) (int64, error),
	) (int64, error)
}

// newTable checks the application's handle and makes the table, without a query.
func newTable(db *gorm.DB, c Config) (*Table, error) {
	if err := check(db); err != nil {
		return nil, err
	}
	name := db.Dialector.Name()
	d, ok := dialects[name]
	if !ok {
		return nil, fmt.Errorf("gormsession: no support for GORM's dialect %q; there is for sqlite, "+
			"postgres and mysql, and what speaks their protocols", name)
	}
	t := &Table{
		db: ownHandle(db), dialect: d, dialectName: name, faults: fault.For(db.Dialector),
		layout: c.Layout, table: c.Table, model: c.Model, codec: c.Codec, replaceRows: c.ReplaceRows,
		timeout: c.Timeout, cleanup: c.Cleanup, clock: c.Clock, newKey: c.NewKey, logger: c.Logger,
		sweeping: c.Sweeping, replicas: replicas{late: c.Late}, unit: time.Microsecond,
	}
	mute := *t.db.Config
	mute.Logger = logger.Discard
	t.mute = &mute
	var err error
	if t.schema, t.own, err = c.Model.Parse(t.db); err != nil {
		return nil, fmt.Errorf("gormsession: %w", err)
	}
	t.bare = db.SkipDefaultTransaction && !t.hooked() // what a hook refuses has to be undone
	t.inProcess, t.prepares = isInProcess(t.db.Statement.ConnPool), db.PrepareStmt
	t.patient = t.inProcess && !sharesCache(db.Dialector)
	named := t.db.Table(t.table).Statement
	t.named, t.tableExpr = named.Table, named.TableExpr
	t.texts = t.makeTexts()
	return t, nil
}

// check refuses a handle that cannot serve.
func check(db *gorm.DB) error {
	switch {
	case db == nil || db.Config == nil || db.Statement == nil:
		return errors.New("gormsession: the *gorm.DB is nil; give New what gorm.Open returned")
	case db.Error != nil:
		return fmt.Errorf("gormsession: the *gorm.DB carries an error; give New what gorm.Open "+
			"returned, not the result of a query: %w", db.Error)
	}
	if _, ok := db.Statement.ConnPool.(gorm.TxCommitter); ok {
		return errors.New("gormsession: the *gorm.DB is a transaction; give New what gorm.Open " +
			"returned: sessions are saved in transactions of their own")
	}
	return nil
}
