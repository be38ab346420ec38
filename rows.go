package gormsession

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/seed7368b609/gormsession/internal/jsontext"
)

// create inserts a row. It never overwrites one.
func (s *store) create(tx *gorm.DB, stored string, r record) error {
	row, err := s.row(tx, stored, r)
	if err != nil {
		return err
	}
	_, err = s.written(tx.Table(s.table).Omit(clause.Associations).Create(row))
	return err
}

// row is the model for a record: a *Session, or what the application builds.
func (s *store) row(tx *gorm.DB, stored string, r record) (any, error) {
	row := Session{SessionKey: stored, SessionData: r.data, ExpireDate: s.expireArg(r.expire)}
	if s.model.build == nil {
		return &row, nil
	}
	entries, err := decodeAll(r.entries)
	if err != nil {
		return nil, err
	}
	built := s.model.build(row, entries)
	if err := meddledWith(tx.Statement.Context); err != nil {
		return nil, err
	}
	return built, fill(tx.Statement.Context, s.schema, built, row)
}

// set writes a record into the row of that key, where it is as tx wants it, and returns how many
// there were. The hooks of a model see the row that was built, and what they change in it is
// stored.
func (s *store) set(tx *gorm.DB, stored string, r record) (int64, error) {
	if s.model.build == nil {
		return s.written(s.rows(tx).Where("session_key = ?", stored).Updates(s.columns(r)))
	}
	row, err := s.row(tx, stored, r)
	if err != nil {
		return 0, err
	}
	written := []string{"session_data", "expire_date"}
	for _, f := range s.own {
		written = append(written, f.DBName)
	}
	// GORM makes the condition on the key out of the row.
	return s.written(tx.Table(s.table).Select(written).Omit(clause.Associations).Updates(row))
}

// columns are those of ours that a save changes.
func (s *store) columns(r record) map[string]any {
	return map[string]any{"session_data": r.data, "expire_date": s.expireArg(r.expire)}
}

// rekey gives the row of one key another one and writes a record into it. In place, because a
// concurrent DELETE by another column then finds it: PostgreSQL looks again at a row that it has
// waited for, and never at one that was inserted meanwhile.
func (s *store) rekey(tx *gorm.DB, g guard, old, stored string, r record) (int64, error) {
	columns := s.columns(r)
	columns["session_key"] = stored
	at := s.still(s.rows(tx).Where("session_key = ?", old), g)
	if !s.hooked() {
		row, err := s.row(tx, stored, r)
		if err != nil {
			return 0, err
		}
		for _, f := range s.own {
			columns[f.DBName], _ = f.ValueOf(tx.Statement.Context, reflect.ValueOf(row).Elem())
		}
		return s.written(at.Updates(columns))
	}
	n, err := s.written(at.UpdateColumns(columns))
	if err != nil || n == 0 {
		return n, err
	}
	_, err = s.set(tx, stored, r) // with the hooks, which see the new key
	return n, err
}

// unsee deletes the row of that key, if it still is what the guard says.
func (s *store) unsee(tx *gorm.DB, g guard, stored string) (int64, error) {
	at := s.still(s.rows(tx).Where("session_key = ?", stored), g)
	return s.written(at.Delete(s.model.empty()))
}

// still has a write hit a row only while it is what the guard says.
func (s *store) still(tx *gorm.DB, g guard) *gorm.DB {
	if g.asOf.IsZero() {
		return tx.Where(s.dialect.sameData, g.data)
	}
	return tx.Where(s.dialect.sameData+" AND expire_date > ?", g.data, s.expireArg(g.asOf))
}

// rows names table and model for an update or delete.
func (s *store) rows(tx *gorm.DB) *gorm.DB {
	return tx.Table(s.table).Model(s.model.empty()).Unscoped()
}

// written is how many rows a statement has written. An error of a hook is the application's: the
// database has refused nothing, and to run the hook again would not help.
func (s *store) written(tx *gorm.DB) (int64, error) {
	err := tx.Error
	switch {
	case err == nil:
		return tx.RowsAffected, nil
	case s.byHook(tx, err):
		return 0, &failure{sentinel: ErrRejected, cause: err, hint: " by a hook of the model"}
	case s.faults.IsDuplicate(err):
		return 0, fmt.Errorf("%w: %w", errDuplicate, err)
	}
	return 0, err
}

// touch moves expire_date alone, if it is still what was loaded: another request may have set an
// expiry meanwhile. That it hits no row is never an error.
func (s *store) touch(ctx context.Context, key string, from, to time.Time) (hit bool, err error) {
	stored := s.stored(key)
	move := func(tx *gorm.DB) error {
		n, err := s.written(s.rows(tx).
			Where("session_key = ? AND expire_date = ?", stored, s.expireArg(from)).
			UpdateColumns(map[string]any{"expire_date": s.expireArg(to)}))
		hit = n > 0
		return err
	}
	err = s.settle(ctx,
		func(ctx context.Context) error { return s.single(ctx, move) },
		func(ctx context.Context) error {
			return s.transact(ctx, func(tx *gorm.DB) error {
				if err := move(tx); err != nil || hit {
					return err
				}
				current, found, err := s.lockAny(tx, stored)
				hit = found && current.expire.Equal(to) // by us, or by somebody to the same end
				return err
			})
		})
	return hit, s.fault(err, stored)
}

// delete removes the row of that key, if there is one. To do it twice does no harm.
func (s *store) delete(ctx context.Context, key string) error {
	return s.deleteStored(ctx, s.stored(key))
}

// deleteStored is delete of a key as a row holds it.
func (s *store) deleteStored(ctx context.Context, stored string) error {
	remove := func(tx *gorm.DB) (int64, error) {
		n, err := s.written(s.rows(tx).Where("session_key = ?", stored).Delete(s.model.empty()))
		if s.faults.IsAlien(err) {
			err = nil
		}
		return n, err
	}
	err := s.settle(ctx,
		func(ctx context.Context) error {
			return s.single(ctx, func(tx *gorm.DB) error {
				_, err := remove(tx)
				return err
			})
		},
		func(ctx context.Context) error {
			return s.transact(ctx, func(tx *gorm.DB) error {
				n, err := remove(tx)
				if err != nil || n > 0 || s.dialect.confirm == "" {
					return err
				}
				return tx.Exec(s.dialect.confirm).Error
			})
		})
	return s.fault(err, stored)
}

// decodeAll decodes entries for the application's model.
func decodeAll(raw map[string]json.RawMessage) (Entries, error) {
	entries := make(Entries, len(raw))
	for name, text := range raw {
		v, err := jsontext.Value(text)
		if err != nil {
			return nil, fmt.Errorf("%w: entry %q: %w", errDamaged, name, err)
		}
		entries[name] = v
	}
	return entries, nil
}
