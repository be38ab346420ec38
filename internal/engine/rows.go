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
func (t *Table) create(on line, stored rowKey, r Record) error {
	row, err := t.row(on, stored, r)
	if err != nil {
		return err
	}
	var tx *gorm.DB
	if t.model.IsBare() {
		tx = t.made(on, t.texts.insert, string(stored), r.Data, t.expireVar(r.Expire))
	} else {
		tx = t.statement(on).Omit(clause.Associations)
	}
	_, err = t.written(tx.Create(row))
	return err
}

// row is a row of the model for a record.
func (t *Table) row(on line, stored rowKey, r Record) (any, error) {
	expire := t.expireArg(r.Expire).Time
	row, err := t.model.Row(on.ctx, t.schema, string(stored), r.Data, expire, r.Entries)
	if err == nil {
		err = meddledWith(on.ctx)
	}
	return row, err
}

// set writes a record into the row of that key, if it is what the guard says, where there is one,
// and returns how many there were. The hooks of a model see the row that was built, and what they
// change in it is stored.
func (t *Table) set(on line, g *guard, stored rowKey, r Record) (int64, error) {
	row, err := t.row(on, stored, r)
	if err != nil {
		return 0, err
	}
	if t.model.IsBare() {
		return t.written(t.guarded(on, t.texts.update, *g, r.Data, t.expireVar(r.Expire), string(stored)).
			Updates(row))
	}
	// GORM makes the condition on the key out of the row.
	tx := t.statement(on)
	if g != nil {
		tx = t.still(tx, *g)
	}
	return t.written(tx.Select(t.columns()).Omit(clause.Associations).Updates(row))
}

// columns are those that a save changes.
func (t *Table) columns() []string {
	columns := []string{"session_data", "expire_date"}
	for _, f := range t.own {
		columns = append(columns, f.DBName)
	}
	return columns
}

// rekey gives the row of one key another one and writes a record into it. In place, because a
// concurrent DELETE by another column then finds it: PostgreSQL looks again at a row that it has
// waited for, and never at one that was inserted meanwhile.
func (t *Table) rekey(on line, g guard, old, stored rowKey, r Record) (int64, error) {
	row, err := t.row(on, stored, r)
	if err != nil {
		return 0, err
	}
	if t.model.IsBare() {
		return t.written(t.guarded(on, t.texts.rekey, g,
			string(stored), r.Data, t.expireVar(r.Expire), string(old)).Updates(row))
	}
	columns := map[string]any{
		"session_key": string(stored), "session_data": r.Data, "expire_date": t.expireArg(r.Expire),
	}
	at := t.still(t.rows(on).Where("session_key = ?", string(old)), g)
	if !t.hooked() {
		for _, f := range t.own {
			columns[f.DBName], _ = f.ValueOf(on.ctx, reflect.ValueOf(row).Elem())
		}
		return t.written(at.Updates(columns))
	}
	n, err := t.written(at.UpdateColumns(columns))
	if err != nil || n == 0 {
		return n, err
	}
	_, err = t.set(on, nil, stored, r) // with the hooks, which see the new key
	return n, err
}

// unsee deletes the row of that key, if it still is what the guard says.
func (t *Table) unsee(on line, g guard, stored rowKey) (int64, error) {
	at := t.still(t.rows(on).Where("session_key = ?", string(stored)), g)
	return t.written(at.Delete(t.model.Empty()))
}

// guarded is a write of a text that was made before, which hits a row only while it is what the
// guard says.
func (t *Table) guarded(on line, text guardedText, g guard, vars ...any) *gorm.DB {
	vars = append(vars, g.data)
	if g.asOf.IsZero() {
		return t.madeUpdate(on, text.free, vars...)
	}
	return t.madeUpdate(on, text.live, append(vars, t.expireVar(g.asOf))...)
}

// still has a write hit a row only while it is what the guard says.
func (t *Table) still(tx *gorm.DB, g guard) *gorm.DB {
	if g.asOf.IsZero() {
		return tx.Where(t.dialect.sameData, g.data)
	}
	return tx.Where(t.dialect.sameData+" AND expire_date > ?", g.data, t.expireArg(g.asOf))
}

// rows is a statement on rows: an update or a delete.
func (t *Table) rows(on line) *gorm.DB {
	return t.statement(on).Model(t.model.Empty()).Unscoped()
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
	stored, to := t.stored(key), t.lasting(to, t.Now())
	t.lanes.inLane(ctx, stored, func(last *Record) (left *Record) {
		if now := t.Now(); to.After(now) && !from.After(now) {
			return nil // it has ended while this waited
		}
		if hit, err = t.renew(ctx, stored, from, to); hit && last != nil {
			moved := *last
			moved.EndAt(to, t.Now())
			left = &moved
		}
		return left
	})
	if err == nil && !hit && to.Equal(from) { // MySQL counts the rows that change
		_, hit, err = t.find(ctx, key)
	}
	return hit, t.fault(err, stored)
}

// renew is Touch in its turn.
func (t *Table) renew(
	ctx context.Context, stored rowKey, from, to time.Time,
) (hit bool, err error) {
	move := func(on line) error {
		vars := []any{t.expireVar(to)}
		if t.model.Seen() != "" {
			vars = append(vars, t.expireVar(t.Now()))
		}
		vars = append(vars, string(stored), t.expireVar(from))
		n, err := t.written(t.madeUpdate(on, t.texts.touch, vars...).UpdateColumns(t.model.Empty()))
		hit = n > 0
		return err
	}
	err = t.untilKnown(ctx,
		func(ctx context.Context) error { return t.single(ctx, move) },
		func(ctx context.Context) error {
			return t.transact(ctx, func(on line) error {
				if err := move(on); err != nil || hit {
					return err
				}
				current, found, err := t.lockAny(on, stored)
				hit = found && current.Expire.Equal(to) // by us, or by somebody to the same end
				return err
			})
		})
	return hit, err
}

// delete removes the row of that key, if there is one, and returns how many there were, as far as
// that is known. To do it twice does no harm.
func (t *Table) delete(ctx context.Context, key string) (int64, error) {
	return t.deleteStored(ctx, t.stored(key))
}

// deleteStored is delete of a key as a row holds it.
func (t *Table) deleteStored(ctx context.Context, stored rowKey) (n int64, err error) {
	remove := func(on line) (int64, error) {
		n, err := t.written(t.rows(on).Where("session_key = ?", string(stored)).Delete(t.model.Empty()))
		if t.faults.IsAlien(err) {
			err = nil
		}
		return n, err
	}
	err = t.untilKnown(ctx,
		func(ctx context.Context) error {
			return t.single(ctx, func(on line) (err error) {
				n, err = remove(on)
				return err
			})
		},
		func(ctx context.Context) error {
			return t.transact(ctx, func(on line) (err error) {
				left, err := remove(on)
				n = 1 // for all that is known
				if err == nil && left == 0 {
					err = t.assured(on, true)
				}
				return err
			})
		})
	if err != nil {
		return 0, t.fault(err, stored)
	}
	return n, nil
}
