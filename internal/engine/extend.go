package engine

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/seed7368b609/gormsession/internal/fault"
)

// extendTime is what a step of a migration by hand may take: an index of a large table.
const extendTime = 10 * time.Minute

// mayExtend tells whether a table that is there may get columns. Django's is Django's.
func (t *Table) mayExtend(m Migration) bool { return m == AddColumns && t.layout.HashedKeys }

// extend adds the columns that the model has and the table lacks, and their indexes, on a pool, nil
// for our own. It changes nothing else, and nothing of a table that is complete. What another
// process has added meanwhile is no error.
func (t *Table) extend(pool gorm.ConnPool, missing []*schema.Field) error {
	model := t.model.Table(t.dialectName)
	for _, f := range missing {
		if err := t.alter(pool, func(m gorm.Migrator) error {
			return m.AddColumn(model, f.DBName)
		}, func(ctx context.Context) (bool, error) { return t.has(ctx, f) }); err != nil {
			return err
		}
	}
	lacking, err := t.unindexed(model)
	for _, name := range lacking {
		if err == nil {
			err = t.alter(pool, func(m gorm.Migrator) error {
				return m.CreateIndex(model, name)
			}, func(context.Context) (bool, error) {
				still, err := t.unindexed(model)
				return !slices.Contains(still, name), err
			})
		}
	}
	return err
}

// alter does one step, which another process may have done.
func (t *Table) alter(
	pool gorm.ConnPool, step func(m gorm.Migrator) error,
	isDone func(ctx context.Context) (bool, error),
) error {
	err := t.within(extendTime, func(ctx context.Context) error {
		return step(t.statement(t.making(ctx, pool)).Migrator())
	})
	if err == nil {
		return nil
	}
	return t.within(0, func(ctx context.Context) error {
		if done, failed := isDone(ctx); failed != nil || !done {
			return err
		}
		return nil
	})
}

// making is the line of what makes tables: the pool, or our own where that is nil.
func (t *Table) making(ctx context.Context, pool gorm.ConnPool) line {
	on := t.quiet(ctx)
	if pool != nil {
		on.pool = pool
	}
	return on
}

// unindexed are the names of the model's indexes that the table lacks, but for those of our three
// columns, which are as whoever has made the table wants them.
func (t *Table) unindexed(model any) (lacking []string, err error) {
	stmt := &gorm.Statement{DB: t.db}
	if err := stmt.ParseWithSpecialTableName(model, t.named); err != nil {
		return nil, err
	}
	there, err := t.indexes()
	for _, i := range stmt.Schema.ParseIndexes() {
		ours := !slices.ContainsFunc(i.Fields, func(o schema.IndexOption) bool {
			return !slices.Contains([]string{"session_key", "session_data", "expire_date"}, o.DBName)
		})
		if ours || slices.ContainsFunc(there, func(has index) bool {
			return t.sameName(has.name, i.Name) || // or another one that serves as well
				len(i.Fields) == 1 && i.Class == "" && t.sameName(has.first, i.Fields[0].DBName)
		}) {
			continue
		}
		lacking = append(lacking, i.Name)
	}
	return lacking, err
}

// An index is what the catalogs say of one.
type index struct{ name, first string }

// indexes asks the catalogs for the table's indexes.
func (t *Table) indexes() (indexes []index, err error) {
	query := t.catalogSQL(catalogs[t.dialectName].indexes)
	err = t.within(0, func(ctx context.Context) error {
		return t.ask(t.quiet(ctx), query, func(rows *sql.Rows) error {
			indexes = nil
			for rows.Next() {
				var name, first sql.NullString
				if err := rows.Scan(&name, &first); err != nil {
					return err
				}
				indexes = append(indexes, index{name.String, first.String})
			}
			return nil
		})
	})
	return indexes, err
}

// lacks says which column the table has not.
func (t *Table) lacks(missing *schema.Field) error {
	how := "; New alters no table: gormsession.Migrate with these options adds it, and " +
		"gormsession.MigrationSQL says how"
	if !t.mayExtend(AddColumns) {
		how = "; this table is never altered: add it by a migration of the application's"
	}
	return fmt.Errorf("gormsession: the table %s has no column %s, which the model has%s",
		t.table, missing.DBName, how)
}

// unextended says why the table could not be altered.
func (t *Table) unextended(err error) error {
	switch {
	case t.unreachable(err):
		return t.silent(err)
	case t.faults.Tells(err, fault.NoRight):
		return fmt.Errorf("gormsession: the table %s lacks columns or indexes of the model and could "+
			"not be altered: call gormsession.Migrate with an account that may: %w", t.table, err)
	}
	return fmt.Errorf("gormsession: the table %s could not be altered: %w", t.table, err)
}
