package gormsession

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// moveBatch is how many rows are read at once: a bound on the memory that it takes.
const moveBatch = 100

// Moved says what [Plugin.MoveFormer] did with the live rows of the former table.
type Moved struct {
	Rows        int // are in the own table now
	Malformed   int // stay, as the own table cannot have their keys
	Undecodable int // stay, as their data cannot be read, or not be written with the own codec
	Taken       int // stay, as the own table has a row of their key, as after a restored backup
}

// MoveFormer moves the live rows of the former table, which [WithFormer] names, to the own one,
// with their keys and their expiry, and nobody is logged out by it. Each row is moved in a
// transaction of its own, as it is at that moment, while requests go on; servers must have both
// tables, either way round. Rows that have expired stay, and go with the former table or by
// [Plugin.ClearExpired].
//
// ctx ends it between two rows, and an error of the database ends it too: nothing is lost, and
// another call goes on with what is left. Call it again once no server is running that makes new
// rows in the former table.
func (p *Plugin) MoveFormer(ctx context.Context) (Moved, error) {
	var m Moved
	if p.former == nil {
		return m, errors.New(
			"gormsession: there is no former table to move rows from: give New the option WithFormer",
		)
	}
	if p.former.layout.HashedKeys && !p.store.layout.HashedKeys {
		return m, errors.New(
			"gormsession: the former table holds hashes of keys, out of which no keys can be made for " +
				"the own one",
		)
	}
	for last := ""; ; {
		rows, err := p.former.batch(ctx, last)
		for _, r := range rows {
			if err = p.moveRow(ctx, r, &m); err != nil {
				break
			}
			last = r.key
		}
		if err != nil {
			return m, noting(
				err,
				fmt.Sprintf(
					"the move ended after %d sessions and goes on when it is called again", m.Rows,
				),
			)
		}
		if len(rows) < moveBatch {
			return m, nil
		}
	}
}

// moveRow moves one row and counts it.
func (p *Plugin) moveRow(ctx context.Context, r storedRow, m *Moved) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	key := r.key
	if !p.former.layout.HashedKeys {
		if !p.store.knows(key) {
			m.Malformed++
			return nil
		}
		key = p.store.stored(key)
	}
	if r.unreadable {
		m.Undecodable++
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.opts.timeout)
	defer cancel()
	switch err := p.former.move(ctx, p.store, r, key); {
	case err == nil:
		m.Rows++
	case errors.Is(err, ErrInterrupted): // a logout, or a new key, meanwhile
	case errors.Is(err, errDamaged), errors.Is(err, ErrEncode):
		m.Undecodable++
	case errors.Is(err, errDuplicate):
		m.Taken++
	default:
		return p.former.fault(err, r.key)
	}
	return nil
}

// A storedRow is a row as the table holds it.
type storedRow struct {
	key string
	record
	unreadable bool // expire_date holds no time
}

// batch reads the live rows that follow that key, as stored.
func (s *store) batch(ctx context.Context, after string) (rows []storedRow, err error) {
	ctx, cancel := context.WithTimeout(
		ctx, max(s.timeout, time.Minute),
	) // there may be many expired ones between
	defer cancel()
	query := fmt.Sprintf(
		"SELECT session_key, session_data, %s FROM %s WHERE expire_date > ? AND session_key > ? "+
			"ORDER BY session_key LIMIT %d",
		s.dialect.expireText,
		s.db.Statement.Quote(s.table),
		moveBatch,
	)
	err = s.retry(ctx, func(ctx context.Context) error {
		rows, err = s.scanRows(s.handle(ctx).Raw(query, s.expireArg(s.now()), after))
		return harmless(err)
	})
	return rows, s.fault(err, after)
}

func (s *store) scanRows(query *gorm.DB) (rows []storedRow, err error) {
	found, err := query.Rows()
	if err != nil {
		return nil, err
	}
	defer found.Close()
	for found.Next() {
		var r storedRow
		var expire any
		if err := found.Scan(&r.key, &r.data, &expire); err != nil {
			return nil, err
		}
		var e Expiry
		r.unreadable = e.Scan(expire) != nil
		r.expire = s.expireOf(e)
		rows = append(rows, r)
	}
	return rows, found.Err()
}

// move moves a row to the table of another store, as in cycle: what was saved or renewed since it
// was read goes along. A row that has gone is ErrInterrupted.
func (s *store) move(ctx context.Context, into *store, r storedRow, key string) error {
	recode := func(current record) (record, error) {
		var err error
		if current.entries, err = s.decode(r.key, current.data); err != nil {
			return record{}, errDamaged
		}
		current.data, err = into.encode(key, current.entries, "")
		return current, err
	}
	moved, err := recode(r.record)
	if err != nil {
		return err
	}
	try := func(tx *gorm.DB) error {
		gone, err := s.written(s.rows(tx).
			Where("session_key = ? AND expire_date = ?", r.key, s.expireArg(r.expire)).
			Where(s.dialect.sameData, r.data).Delete(s.model.empty()))
		if err != nil {
			return err
		}
		if gone > 0 {
			return into.create(tx, key, moved)
		}
		current, found, err := s.lock(tx, r.key)
		if err != nil {
			return err
		}
		if !found {
			return ErrInterrupted
		}
		now, err := recode(current)
		if err != nil {
			return err
		}
		if gone, err = s.unsee(tx, guard{data: current.data}, r.key); err != nil {
			return err
		}
		if gone == 0 {
			return errSlipped
		}
		return into.create(tx, key, now)
	}
	return s.settle(ctx,
		func(ctx context.Context) error { return s.transact(ctx, try) },
		func(ctx context.Context) error {
			return s.transact(ctx, func(tx *gorm.DB) error {
				err := try(tx)
				if errors.Is(err, ErrInterrupted) { // it went, and perhaps there
					if _, found, err := into.lockAny(tx, key); err != nil || found {
						return err
					}
				}
				return err
			})
		})
}
