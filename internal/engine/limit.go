package engine

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"
)

// A Limit refuses a login beyond so many live sessions of its user. nil is none.
type Limit struct {
	userID string
	most   int
	tables []*Table // whose rows count
}

// Limit is that of a user.
func (s *Store) Limit(userID string, most int) *Limit {
	return &Limit{userID: userID, most: most, tables: s.tables()}
}

var errLocked = errors.New("another login of the user's has not ended in time")

// transact is that of a table, for a write that the limit may refuse. The logins of one user follow
// each other: in this process by a lane, so that they do not use up the pool, and among processes
// by a lock of the database's. SQLite's is that of the writer.
func (l *Limit) transact(
	ctx context.Context, t *Table, write func(on line) error,
) (err error) {
	if l == nil {
		return t.transact(ctx, write)
	}
	t.logins.inLane(ctx, rowKey(l.userID), func(*Record) *Record {
		err = l.locked(ctx, t, func(on line) error {
			return t.transactOn(ctx, on, t.dialect.tx, write)
		})
		return nil
	})
	return err
}

// locked holds the user's lock where that has to outlast the transaction: MySQL knows none that
// ends with one, and what is let go before the COMMIT lets the next login count without this one.
func (l *Limit) locked(ctx context.Context, t *Table, ask func(on line) error) error {
	if t.dialect.sessionLock == "" {
		return t.withLine(ctx, ask)
	}
	conn, err := t.hold(ctx)
	if err != nil {
		return harmless(err)
	}
	on := line{ctx: ctx, pool: conn}
	defer func() { // also where the application's model has panicked
		conn.giveBack(ctx, func() error {
			_, err := t.number(on, t.dialect.sessionUnlock, l.userID)
			return err
		})
	}()
	seconds := math.MaxInt32
	if deadline, ok := ctx.Deadline(); ok {
		seconds = int(time.Until(deadline)/time.Second) + 1
	}
	got, err := t.number(on, t.dialect.sessionLock, l.userID, seconds)
	switch {
	case err != nil:
		return harmless(err)
	case got != 1:
		return harmless(errLocked)
	}
	return ask(on)
}

// admit refuses a row that was just written, in the transaction that has written it, where the user
// has as many others as there may be. That of the key does not count.
func (l *Limit) admit(on line, t *Table, own rowKey) error {
	if l == nil {
		return nil
	}
	if lock := t.dialect.txLock; lock != "" {
		if _, err := t.number(on, lock, lockKey(l.userID)); err != nil {
			return err
		}
	}
	others := 0
	for _, at := range l.tables {
		ofUser, args := at.ofUser(l.userID)
		n, err := at.number(on, fmt.Sprintf("SELECT COUNT(*) FROM %s "+
			"WHERE %s AND expire_date > ? AND session_key <> ?", at.db.Statement.Quote(at.table), ofUser),
			append(args, at.expireArg(at.Now()), string(own))...)
		if err != nil {
			return err
		}
		others += n
	}
	if others >= l.most {
		return ErrUserLimit
	}
	return nil
}

// lockKey is a user as PostgreSQL's advisory locks name what is locked.
func lockKey(userID string) int64 {
	sum := sha256.Sum256([]byte("gormsession login\x00" + userID))
	return int64(binary.BigEndian.Uint64(sum[:]))
}

// number asks for one, 0 for NULL, on a line that may be a transaction.
func (t *Table) number(on line, query string, args ...any) (int, error) {
	text, vars := t.build(query, args)
	rows, err := t.query(on, text, vars...)
	if err != nil {
		return 0, err
	}
	var n sql.NullInt64
	if rows.Next() {
		err = rows.Scan(&n)
	}
	return int(n.Int64), errors.Join(err, rows.Err(), rows.Close())
}
