package gormsession

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/seed7368b609/gormsession/internal/fault"
	"github.com/seed7368b609/gormsession/internal/layout"
	"github.com/seed7368b609/gormsession/internal/sessionkey"
)

// A store is the only place that issues SQL. Its methods take keys as the cookie has them. It is
// safe for concurrent use.
type store struct {
	db          *gorm.DB
	dialect     dialect
	dialectName string
	faults      fault.Reader
	layout      layout.Layout
	codec       Codec
	table       string
	model       *model
	schema      *schema.Schema  // of the model
	own         []*schema.Field // columns of the model besides ours that an update writes
	bare        bool            // single statements go without a transaction
	replaceRows bool            // a new key is an insert and a delete
	timeout     time.Duration
	clock       func() time.Time
	newKey      func() string
	logger      func() *slog.Logger

	findSQL, lockSQL, lookSQL string
	replays                   atomic.Int64
	asking                    atomic.Int64 // operations under way, see queue
	slow                      atomic.Bool  // the last one got no answer, and may have had a connection
	sweeper                   sweeper
	cleanup                   time.Duration
}

// A record is what a row holds: the text, what it decodes to, and its expiry.
type record struct {
	data    string
	expire  time.Time
	entries map[string]json.RawMessage
	over    bool // this request has let it end
}

// hasEnded tells whether its time was over at that instant, though nobody has let it end.
func (r record) hasEnded(at time.Time) bool { return !r.over && !r.expire.After(at) }

// end gives what is written at now its expiry.
func (r *record) end(expire, now time.Time) { r.expire, r.over = expire, !expire.After(now) }

var (
	errDamaged   = errors.New("gormsession: the row holds what the codec cannot read")
	errNoRows    = errors.New("a callback of GORM's gave neither rows nor an error")
	errNoFreeKey = errors.New(
		"gormsession: no free session key in 10 tries: is the source of keys broken?",
	)
	errDuplicate = errors.New("duplicate key")
	// errSlipped: what was locked is no longer there, as the transaction is gone. MariaDB's Galera
	// lets a SELECT FOR UPDATE return a row then, and the next statement run by itself.
	errSlipped = errors.New("the transaction ended while the row was locked")
)

// stored is the key as the row holds it.
func (s *store) stored(key string) string {
	if s.layout.HashedKeys {
		return sessionkey.Hash(key)
	}
	return key
}

// handle returns GORM for one statement, pinned to the primary: a replica may not know of a login
// yet, or of a logout.
func (s *store) handle(ctx context.Context) *gorm.DB {
	return s.db.WithContext(ctx).Set("gorm:db_resolver:write", struct{}{})
}

// now is the clock in the precision of every database.
func (s *store) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// find returns the live row of that key. Not found is no error.
func (s *store) find(ctx context.Context, key string) (r record, found bool, err error) {
	return s.read(ctx, s.findSQL, s.stored(key), s.expireArg(s.now()))
}

// exists tells whether there is a row of that key, expired or not (Django's exists).
func (s *store) exists(ctx context.Context, key string) (found bool, err error) {
	_, found, err = s.read(ctx, s.lookSQL, s.stored(key))
	return found, err
}

// read reads one row, with as many tries as there is time for.
func (s *store) read(
	ctx context.Context, query, stored string, args ...any,
) (r record, found bool, err error) {
	err = s.retry(ctx, func(ctx context.Context) error {
		r, found, err = s.scan(s.handle(ctx), query, stored, args...)
		return harmless(err)
	})
	return r, found, s.fault(err, stored)
}

// scan reads one row. The key is compared again, as MySQL's collations find "abc" where "ABC " was
// asked for. It goes by GORM's Row callbacks, which plugins that cache queries leave alone, and
// asks for Rows, as Row has no place for an error of the callbacks.
func (s *store) scan(
	tx *gorm.DB, query, stored string, args ...any,
) (r record, found bool, err error) {
	rows, err := tx.Raw(query, append([]any{stored}, args...)...).Rows()
	if err == nil && rows == nil {
		err = errNoRows
	}
	if err != nil {
		if rows != nil { // a callback refused what was read
			_ = rows.Close()
		}
		if s.faults.IsAlien(err) {
			err = nil
		}
		return record{}, false, err
	}
	defer func() {
		if closing := rows.Close(); err == nil {
			err = closing
		}
	}()
	var key string
	var expire Expiry
	if !rows.Next() {
		if err = rows.Err(); s.faults.IsAlien(err) {
			err = nil
		}
		return record{}, false, err
	}
	if err := rows.Scan(&key, &r.data, &expire); err != nil {
		return record{}, false, err
	}
	r.expire = s.expireOf(expire)
	return r, key == stored, rows.Err()
}

// lock reads the live row of that key and keeps others from changing it until the transaction ends.
func (s *store) lock(tx *gorm.DB, stored string) (record, bool, error) {
	return s.scan(tx, s.lockSQL, stored, s.expireArg(s.now()))
}

// holds locks the row of that key, if there is one, and tells whether its text is that. The
// database compares, as a column of jsonb spells what it holds in a way of its own.
func (s *store) holds(tx *gorm.DB, stored, text string) (there, same bool, err error) {
	if _, there, err = s.lockAny(tx, stored); err == nil && there {
		_, same, err = s.scan(tx, s.lookSQL+" AND "+s.dialect.sameData, stored, text)
	}
	return there, same, err
}

// lockAny is lock for a row that may have expired: ours, after a lost answer.
func (s *store) lockAny(tx *gorm.DB, stored string) (record, bool, error) {
	return s.scan(tx, s.lookSQL+s.dialect.lock, stored)
}
