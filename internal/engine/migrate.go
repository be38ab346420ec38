package engine

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/internal/fault"
)

// makeTime is what the making of a table may take at least, however short the timeout of a save is.
const makeTime = 10 * time.Second

// A Migration is what may be done to have a table that serves.
type Migration int

const (
	Leave      Migration = iota // nothing
	MakeTable                   // a missing table is made
	AddColumns                  // and one that is there gets the columns of the model that it lacks
	Visit                       // nothing, and no row is made, so that other columns are no matter
)

// prepare sees to it that there is a table that can keep our sessions: it makes a missing one if it
// may, and refuses what cannot serve. Each step has its own time, so a silent database is told of
// soon.
func (t *Table) prepare(may Migration) error {
	if err := t.begins(); err != nil {
		return t.unread(err)
	}
	err := t.probe()
	if t.faults.Tells(err, fault.NoTable) {
		if may == Leave || may == Visit {
			return t.absent(err)
		}
		failed := t.createTable(nil)
		if err = t.probe(); err != nil && failed != nil { // else another process was quicker
			return t.unmade(failed)
		}
	}
	if err != nil {
		return t.unread(err)
	}
	missing, err := t.inspect(may)
	if err == nil && t.mayExtend(may) {
		if err := t.extend(nil, missing); err != nil {
			return t.unextended(err)
		}
		missing, err = t.inspect(may)
	}
	switch {
	case err != nil:
		return err
	case len(missing) > 0:
		return t.lacks(missing[0])
	}
	t.keep()
	t.bare = t.bare && !t.resends()
	return nil
}

// absent says that there is no table.
func (t *Table) absent(err error) error {
	return fmt.Errorf("%w: the table %s is missing: make it by gormsession.Migrate or a migration "+
		"of the application's, or leave out WithoutMigration: %w", ErrUnavailable, t.table, err)
}

// within gives a step of New its time.
func (t *Table) within(atLeast time.Duration, step func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), max(t.timeout, atLeast))
	defer cancel()
	return step(ctx)
}

// begins asks for a transaction, without which no session can be saved. Poolers before PostgreSQL
// may be set to take none.
func (t *Table) begins() error {
	if t.dialectName != "postgres" {
		return nil
	}
	return t.within(0, func(ctx context.Context) error {
		return t.inquire(ctx, func(ctx context.Context) error {
			return t.transact(ctx, func(line) error { return nil })
		})
	})
}

// probe asks for our columns. It works on every database, with schemas and views, and without
// rights on catalogs.
func (t *Table) probe() error {
	return t.within(0, func(ctx context.Context) error {
		return t.ask(t.quiet(ctx), t.lookQuery()+" AND 1 = 0", noMatter, "")
	})
}

// createTable makes the table on a pool, nil for our own.
func (t *Table) createTable(pool gorm.ConnPool) error {
	return t.within(makeTime, func(ctx context.Context) error {
		on := t.making(ctx, pool)
		statements := t.layout.Tables[t.dialectName]
		if statements == nil || !t.model.IsBare() {
			return t.statement(on).Set("gorm:table_options", t.dialect.storage).
				Migrator().CreateTable(t.model.Table(t.dialectName))
		}
		for _, statement := range statements {
			statement = fmt.Sprintf(statement, t.db.Statement.Quote(t.table))
			if err := t.statement(on).Exec(statement).Error; err != nil {
				return err
			}
		}
		return nil
	})
}
