package engine

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// create inserts a row. It never overwrites one.
func (t *Table) create(tx *gorm.DB, stored string, r Record) error {
	row, err := t.row(tx, stored, r)
	if err != nil {
		return err
	}
	_, err = t.written(tx.Table(t.table).Omit(clause.Associations).Create(row))
	return err
}

// row is a row of the model for a record.
func (t *Table) row(tx *gorm.DB, stored string, r Record) (any, error) {
	ctx := tx.Statement.Context
	row, err := t.model.Row(ctx, t.schema, stored, r.Data, t.expireArg(r.Expire).Time, r.Entries)
	if err == nil {
		err = meddledWith(ctx)
	}
	return row, err
}

// set writes a record into the row of that key, where it is as tx wants it, and returns how many
// there were. The hooks of a model see the row that was built, and what they change in it is
// stored.
func (t *Table) set(tx *gorm.DB, stored string, r Record) (int64, error) {
	if t.model.IsBare() {
		return t.written(t.rows(tx).Where("session_key = ?", stored).Updates(t.columns(r)))
	}
	row, err := t.row(tx, stored, r)
	if err != nil {
		return 0, err
	}
	written := []string{"session_data", "expire_date"}
	for _, f := range t.own {
		written = append(written, f.DBName)
	}
	// GORM makes the condition on the key out of the row.
	return t.written(tx.Table(t.table).Select(written).Omit(clause.Associations).Updates(row))
}

// columns are those of ours that a save changes.
func (t *Table) columns(r Record) map[string]any {
	return map[string]any{"session_data": r.Data, "expire_date": t.expireArg(r.Expire)}
}

// rekey gives the row of one key another one and writes a record into it. In place, because a
// concurrent DELETE by another column then finds it: PostgreSQL looks again at a row that it has
// waited for, and never at one that was inserted meanwhile.
func (t *Table) rekey(tx *gorm.DB, g guard, old, stored string, r Record) (int64, error) {
	columns := t.columns(r)
	columns["session_key"] = stored
	at := t.still(t.rows(tx).Where("session_key = ?", old), g)
	if !t.hooked() {
		row, err := t.row(tx, stored, r)
		if err != nil {
			return 0, err
		}
		for _, f := range t.own {
			columns[f.DBName], _ = f.ValueOf(tx.Statement.Context, reflect.ValueOf(row).Elem())
		}
		return t.written(at.Updates(columns))
	}
	n, err := t.written(at.UpdateColumns(columns))
	if err != nil || n == 0 {
		return n, err
	}
	_, err = t.set(tx, stored, r) // with the hooks, which see the new key
	return n, err
}

// unsee deletes the row of that key, if it still is what the guard says.
func (t *Table) unsee(tx *gorm.DB, g guard, stored string) (int64, error) {
	at := t.still(t.rows(tx).Where("session_key = ?", stored), g)
	return t.written(at.Delete(t.model.Empty()))
}

// still has a write hit a row only while it is what the guard says.
func (t *Table) still(tx *gorm.DB, g guard) *gorm.DB {
	if g.asOf.IsZero() {
		return tx.Where(t.dialect.sameData, g.data)
	}
	return tx.Where(t.dialect.sameData+" AND expire_date > ?", g.data, t.expireArg(g.asOf))
}

// rows names table and model for an update or delete.
func (t *Table) rows(tx *gorm.DB) *gorm.DB {
	return tx.Table(t.table).Model(t.model.Empty()).Unscoped()
}

// written is how many rows a statement has written. An error of a hook is the application's: the
// database has refused nothing, and to run the hook again would not help.
func (t *Table) written(tx *gorm.DB) (int64, error) {
	err := tx.Error
	switch {
	case err == nil:
		return tx.RowsAffected, nil
	case t.byHook(tx, err):
		return 0, &failure{sentinel: ErrRejected, cause: err, hint: " by a hook of the model"}
	case t.faults.IsDuplicate(err):
		return 0, fmt.Errorf("%w: %w", errDuplicate, err)
	}
	return 0, err
}

// Touch moves expire_date alone, if it is still what was loaded: another request may have set an
// expiry meanwhile. That it hits no row is never an error.
func (t *Table) Touch(ctx context.Context, key string, from, to time.Time) (hit bool, err error) {
	stored := t.stored(key)
	move := func(tx *gorm.DB) error {
		n, err := t.written(t.rows(tx).
			Where("session_key = ? AND expire_date = ?", stored, t.expireArg(from)).
			UpdateColumns(map[string]any{"expire_date": t.expireArg(to)}))
		hit = n > 0
		return err
	}
	err = t.settle(ctx,
		func(ctx context.Context) error { return t.single(ctx, move) },
		func(ctx context.Context) error {
			return t.transact(ctx, func(tx *gorm.DB) error {
				if err := move(tx); err != nil || hit {
					return err
				}
				current, found, err := t.lockAny(tx, stored)
				hit = found && current.Expire.Equal(to) // by us, or by somebody to the same end
				return err
			})
		})
	if err == nil && !hit && to.Equal(from) { // MySQL counts the rows that change
		_, hit, err = t.find(ctx, key)
	}
	return hit, t.fault(err, stored)
}

// delete removes the row of that key, if there is one. To do it twice does no harm.
func (t *Table) delete(ctx context.Context, key string) error {
	return t.deleteStored(ctx, t.stored(key))
}

// deleteStored is delete of a key as a row holds it.
func (t *Table) deleteStored(ctx context.Context, stored string) error {
	remove := func(tx *gorm.DB) (int64, error) {
		n, err := t.written(t.rows(tx).Where("session_key = ?", stored).Delete(t.model.Empty()))
		if t.faults.IsAlien(err) {
			err = nil
		}
		return n, err
	}
	err := t.settle(ctx,
		func(ctx context.Context) error {
			return t.single(ctx, func(tx *gorm.DB) error {
				_, err := remove(tx)
				return err
			})
		},
		func(ctx context.Context) error {
			return t.transact(ctx, func(tx *gorm.DB) error {
				n, err := remove(tx)
				if err != nil || n > 0 || t.dialect.confirm == "" {
					return err
				}
				return tx.Exec(t.dialect.confirm).Error
			})
		})
	return t.fault(err, stored)
}
