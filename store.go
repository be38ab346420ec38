package gormsession

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

	"github.com/seed7368b609/gormsession/internal/jsontext"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// A store is the only place that issues SQL. Its methods take keys as the cookie has them. It is safe for concurrent use.
type store struct {
	db          *gorm.DB
	dialect     dialect
	dialectName string
	translate   func(error) error
	layout      layout.Layout
	codec       Codec
	table       string
	model       *model
	schema      *schema.Schema  // of the model
	own         []*schema.Field // columns of the model besides ours that an update writes
	bare        bool            // single statements go without a transaction
	timeout     time.Duration
	clock       func() time.Time
	newKey      func() string
	logger      func() *slog.Logger

	findSQL, lockSQL, lookSQL string
	replays                   atomic.Int64
	swept                     atomic.Int64 // when the last batch of expired rows was deleted, in Unix nanoseconds
	cleanup                   time.Duration
}

// A record is what a row holds: the text, what it decodes to, and its expiry.
type record struct {
	data    string
	expire  time.Time
	entries map[string]json.RawMessage
}

// A replayer does again, on what a row holds now, what one request did to what it had loaded.
type replayer struct {
	do func(current record) (record, error)
	// twice tells whether doing it twice is the same as doing it once.
	twice bool
}

var (
	errDamaged   = errors.New("gormsession: the row holds what the codec cannot read")
	errNoFreeKey = errors.New("gormsession: no free session key in 10 tries: is the source of keys broken?")
	errDuplicate = errors.New("duplicate session key")
)

// stored is the key as the row holds it.
func (s *store) stored(key string) string {
	if s.layout.HashedKeys {
		return hashKey(key)
	}
	return key
}

// handle returns GORM for one statement, pinned to the primary: a replica may not know of a login yet, or of a logout.
func (s *store) handle(ctx context.Context) *gorm.DB {
	return s.db.WithContext(ctx).Set("gorm:db_resolver:write", struct{}{})
}

// now is the clock in the precision of every database.
func (s *store) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// find returns the live row of that key. Not found is no error.
func (s *store) find(ctx context.Context, key string) (r record, found bool, err error) {
	stored := s.stored(key)
	err = s.retry(ctx, func(ctx context.Context) error {
		r, found, err = s.scan(s.handle(ctx), s.findSQL, stored, s.expireArg(s.now()))
		return err
	})
	return r, found, s.fault(err, stored)
}

// scan reads one row. The key is compared again, as MySQL's collations find "abc" where "ABC " was asked for.
func (s *store) scan(tx *gorm.DB, query, stored string, args ...any) (r record, found bool, err error) {
	q := tx.Raw(query, append([]any{stored}, args...)...)
	row := q.Row()
	if q.Error != nil {
		return record{}, false, q.Error // a callback of the application's refused
	}
	var key string
	var expire Expiry
	if err := row.Scan(&key, &r.data, &expire); err != nil {
		if errors.Is(err, sql.ErrNoRows) || s.alien(err) {
			return record{}, false, nil
		}
		return record{}, false, err
	}
	r.expire = s.expireOf(expire)
	return r, key == stored, nil
}

// exists tells whether there is a row of that key, expired or not (Django's exists).
func (s *store) exists(ctx context.Context, key string) (found bool, err error) {
	stored := s.stored(key)
	err = s.retry(ctx, func(ctx context.Context) error {
		found, err = s.has(s.handle(ctx), stored)
		return err
	})
	return found, s.fault(err, stored)
}

func (s *store) has(tx *gorm.DB, stored string) (bool, error) {
	var keys []string
	err := tx.Table(s.table).Where("session_key = ?", stored).Pluck("session_key", &keys).Error
	if s.alien(err) {
		return false, nil
	}
	return slices.Contains(keys, stored), err
}

// transact runs writes in one transaction. One that could not begin has sent nothing.
func (s *store) transact(ctx context.Context, write func(tx *gorm.DB) error) error {
	h := s.handle(ctx)
	if pin := h.Callback().Query().Get("gorm:db_resolver"); pin != nil {
		// Begin takes the first pool there is, while statements go to the resolver's source; this is what its clause Write does.
		h.Statement.Table = s.table
		pin(h)
		h.Statement.Table = ""
	}
	tx := h.Begin(s.txOptions()...)
	if tx.Error != nil {
		return unsent{tx.Error}
	}
	written := false
	defer func() {
		if !written { // also where the application's model has panicked
			_ = s.inTime(ctx, tx.Rollback)
		}
	}()
	if err := write(tx); err != nil {
		return err
	}
	written = true
	return s.inTime(ctx, tx.Commit)
}

// inTime ends a transaction within the deadline, of which MySQL's driver knows nothing there. Where the server is silent the driver waits
// on, with its connection, until the operating system gives that up.
func (s *store) inTime(ctx context.Context, end func() *gorm.DB) error {
	if s.dialectName != "mysql" {
		return end().Error
	}
	done := make(chan error, 1)
	go func() { done <- end().Error }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	default:
		return ctx.Err()
	}
}

func (s *store) txOptions() []*sql.TxOptions {
	if s.dialect.tx == nil {
		return nil
	}
	return []*sql.TxOptions{s.dialect.tx}
}

// single runs one statement: in a transaction, unless the application's gorm.Config says SkipDefaultTransaction.
func (s *store) single(ctx context.Context, write func(tx *gorm.DB) error) error {
	if s.bare {
		return write(s.handle(ctx))
	}
	return s.transact(ctx, write)
}

// create inserts a row. It never overwrites one.
func (s *store) create(tx *gorm.DB, stored string, r record) error {
	row, err := s.row(tx, stored, r)
	if err != nil {
		return err
	}
	if err := tx.Table(s.table).Omit(clause.Associations).Create(row).Error; err != nil {
		if s.isDuplicate(err) {
			return errDuplicate
		}
		return err
	}
	return nil
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
	return built, fill(tx.Statement.Context, s.schema, built, row)
}

// set writes a record into the rows that tx selects, and returns how many there were.
func (s *store) set(tx *gorm.DB, stored string, r record) (int64, error) {
	values := map[string]any{"session_data": r.data, "expire_date": s.expireArg(r.expire)}
	if s.model.build != nil {
		row, err := s.row(tx, stored, r)
		if err != nil {
			return 0, err
		}
		for _, f := range s.own {
			values[f.DBName], _ = f.ValueOf(tx.Statement.Context, reflect.ValueOf(row).Elem())
		}
	}
	tx = s.rows(tx).Updates(values)
	return tx.RowsAffected, tx.Error
}

// rows names table and model for an update or delete.
func (s *store) rows(tx *gorm.DB) *gorm.DB {
	return tx.Table(s.table).Model(s.model.empty()).Unscoped()
}

// touch moves expire_date alone, if it is still what was loaded: another request may have set an expiry meanwhile. That it hits no row is
// never an error.
func (s *store) touch(ctx context.Context, key string, from, to time.Time) (hit bool, err error) {
	stored := s.stored(key)
	err = s.retry(ctx, func(ctx context.Context) error {
		return s.single(ctx, func(tx *gorm.DB) error {
			tx = s.rows(tx).Where("session_key = ? AND expire_date = ?", stored, s.expireArg(from)).
				UpdateColumns(map[string]any{"expire_date": s.expireArg(to)})
			hit = tx.RowsAffected > 0
			return tx.Error
		})
	})
	return hit, s.fault(err, stored)
}

// delete removes the row of that key, if there is one. To do it twice does no harm, so an uncertain end is tried once more.
func (s *store) delete(ctx context.Context, key string) error {
	stored := s.stored(key)
	remove := func(ctx context.Context) error {
		return s.retry(ctx, func(ctx context.Context) error {
			return s.single(ctx, func(tx *gorm.DB) error {
				return s.rows(tx).Where("session_key = ?", stored).Delete(s.model.empty()).Error
			})
		})
	}
	err := remove(ctx)
	if s.alien(err) {
		return nil
	}
	if err != nil && s.uncertain(err) {
		again, cancel := s.second(ctx)
		defer cancel()
		err = remove(again)
	}
	return s.fault(err, stored)
}

// second is a context for a second look after the deadline, which is shorter.
func (s *store) second(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), max(s.timeout/4, time.Millisecond))
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
