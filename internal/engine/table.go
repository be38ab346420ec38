package engine

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

	"github.com/seed7368b609/gormsession/internal/fault"
	"github.com/seed7368b609/gormsession/internal/layout"
	"github.com/seed7368b609/gormsession/internal/sessionkey"
)

// A Table is one table of sessions, and the only place that issues SQL. The keys that it is
// given are those of the cookie. It is safe for concurrent use.
type Table struct {
	db          *gorm.DB     // the application's, without what is its own
	mute        *gorm.Config // of db, without a logger
	dialect     dialect
	dialectName string
	faults      fault.Reader
	layout      layout.Layout
	codec       Codec
	table       string
	named       string       // table, and
	tableExpr   *clause.Expr // its expression, as GORM has them in a statement
	model       Model
	schema      *schema.Schema  // of the model
	own         []*schema.Field // columns of the model besides ours that an update writes
	inProcess   bool            // an SQLite that is reached by no network
	patient     bool            // see ownConn
	prepares    bool            // the application's PrepareStmt
	bare        bool            // single statements go without a transaction
	replaceRows bool            // a new key is an insert and a delete
	unit        time.Duration   // of which expire_date holds whole ones
	timeout     time.Duration
	clock       func() time.Time
	newKey      func() string
	logger      func() *slog.Logger

	texts    texts
	kept     kept
	asking   atomic.Int64 // operations under way, see queue
	slow     atomic.Bool  // the last one got no answer, and may have had a connection
	alone    atomic.Bool  // the database has no standby, see assured
	sweeper  sweeper
	lanes    lanes
	logins   lanes // of users, where a Limit holds
	replicas replicas
	cleanup  time.Duration

	sweeping func(
		ctx context.Context, sweep func(ctx context.Context) (int64, error),
	) (int64, error)
}

// knows tells whether a row can have that key.
func (t *Table) knows(key string) bool {
	return t.layout.WellFormed(key) && t.layout.Storable(key)
}

// A rowKey is the key of a session as its row holds it: the hash of the client's, or that itself.
type rowKey string

// RowKey is the session_key of the row of a key.
func (t *Table) RowKey(key string) string { return string(t.stored(key)) }

// stored is the key as the row holds it.
func (t *Table) stored(key string) rowKey {
	if t.layout.HashedKeys {
		key = sessionkey.Hash(key)
	}
	return rowKey(key)
}

// Now is the clock in the precision of every database.
func (t *Table) Now() time.Time { return t.clock().UTC().Truncate(time.Microsecond) }

// find returns the live row of that key. Not found is no error.
func (t *Table) find(ctx context.Context, key string) (r Record, found bool, err error) {
	stored := t.stored(key)
	return t.read(ctx, t.texts.find, stored, []any{string(stored), t.expireVar(t.Now())})
}

// exists tells whether there is a row of that key, expired or not (Django's exists).
func (t *Table) exists(ctx context.Context, key string) (found bool, err error) {
	_, found, err = t.look(ctx, key)
	return found, err
}

// look returns the row of that key, expired or not.
func (t *Table) look(ctx context.Context, key string) (r Record, found bool, err error) {
	return t.lookStored(ctx, t.stored(key))
}

// lookStored is look by the key as the row holds it.
func (t *Table) lookStored(ctx context.Context, stored rowKey) (r Record, found bool, err error) {
	return t.read(ctx, t.texts.look, stored, []any{string(stored)})
}

// read reads one row, with as many tries as there is time for.
func (t *Table) read(
	ctx context.Context, text string, stored rowKey, vars []any,
) (r Record, found bool, err error) {
	err = t.retry(ctx, func(ctx context.Context) error {
		return harmless(t.withLine(ctx, func(on line) error {
			r, found, err = t.scan(on, text, stored, vars)
			return err
		}))
	})
	return r, found, t.fault(err, stored)
}

// scan reads one row. The key is compared again, as MySQL's collations find "abc" where "ABC " was
// asked for; a hash, of which there are no two in other letters, is not even read.
func (t *Table) scan(
	on line, text string, stored rowKey, vars []any,
) (r Record, found bool, err error) {
	rows, err := t.query(on, text, vars...)
	if err != nil {
		if t.faults.IsAlien(err) {
			err = nil
		}
		return Record{}, false, err
	}
	defer func() {
		if closing := rows.Close(); err == nil {
			err = closing
		}
	}()
	if !rows.Next() {
		if err = rows.Err(); t.faults.IsAlien(err) {
			err = nil
		}
		return Record{}, false, err
	}
	var row struct { // in one piece
		key, data string
		expire    Expiry
	}
	if t.layout.HashedKeys {
		row.key = string(stored)
		err = rows.Scan(&row.data, &row.expire)
	} else {
		err = rows.Scan(&row.key, &row.data, &row.expire)
	}
	if err != nil {
		return Record{}, false, err
	}
	r = Record{Data: row.data, Expire: t.expireOf(row.expire), key: stored}
	return r, row.key == string(stored), rows.Err()
}

// lock reads the live row of that key and keeps others from changing it until the transaction ends.
func (t *Table) lock(on line, stored rowKey) (Record, bool, error) {
	return t.scan(on, t.texts.lock, stored, []any{string(stored), t.expireVar(t.Now())})
}

// holds locks the row of that key, if there is one, and tells whether its text is that. The
// database compares, as a column of jsonb spells what it holds in a way of its own.
func (t *Table) holds(on line, stored rowKey, text string) (there, same bool, err error) {
	if _, there, err = t.lockAny(on, stored); err == nil && there {
		_, same, err = t.scan(on, t.texts.same, stored, []any{string(stored), text})
	}
	return there, same, err
}

// lockAny is lock for a row that may have expired: ours, after a lost answer.
func (t *Table) lockAny(on line, stored rowKey) (Record, bool, error) {
	return t.scan(on, t.texts.lockAny, stored, []any{string(stored)})
}
