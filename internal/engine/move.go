package engine

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// moveBatch is how many rows are read at once: a bound on the memory that it takes.
const moveBatch = 100

// Moved says what MoveFormer did with the live rows of the former table.
type Moved struct {
	Rows        int // are in the own table now
	Malformed   int // stay, as the own table cannot have their keys
	Undecodable int // stay, as their data cannot be read, or not be written with the own codec
	Taken       int // stay, as the own table has a row of their key
}

// MoveFormer moves the live rows of the former table to the own one, each in a transaction of its
// own. tell is called after each batch.
func (s *Store) MoveFormer(ctx context.Context, tell func(Moved)) (m Moved, err error) {
	if s.former == nil {
		return m, errors.New("gormsession: there is no former table to move rows from: " +
			"give New the option WithFormer")
	}
	if s.former.layout.HashedKeys && !s.Own.layout.HashedKeys {
		return m, errors.New("gormsession: the former table holds hashes of keys, out of which no " +
			"keys can be made for the own one")
	}
	for last := rowKey(""); ; {
		rows, err := s.former.batch(ctx, last)
		for _, r := range rows {
			if err = s.moveRow(ctx, r, &m); err != nil {
				break
			}
			last = r.key
		}
		if err != nil {
			return m, noting(err, fmt.Sprintf(
				"the move ended after %d sessions and goes on when it is called again", m.Rows))
		}
		if tell(m); len(rows) < moveBatch {
			return m, nil
		}
	}
}

// moveRow moves one row and counts it.
func (s *Store) moveRow(ctx context.Context, r storedRow, m *Moved) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	key := r.key
	if client := string(r.key); !s.former.layout.HashedKeys {
		if !s.Own.knows(client) {
			m.Malformed++
			return nil
		}
		key = s.Own.stored(client)
	}
	if r.unreadable {
		m.Undecodable++
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Own.timeout)
	defer cancel()
	switch err := s.former.move(ctx, s.Own, r, key); {
	case err == nil:
		m.Rows++
	case errors.Is(err, ErrInterrupted): // a logout, or a new key, meanwhile
	case errors.Is(err, ErrDamaged), errors.Is(err, ErrEncode):
		m.Undecodable++
	case errors.Is(err, errDuplicate):
		m.Taken++
	default:
		return s.former.fault(err, r.key)
	}
	return nil
}

// A storedRow is a row as the table holds it.
type storedRow struct {
	key rowKey
	Record
	unreadable bool // expire_date holds no time
}

// batch reads the live rows that follow that key, as stored.
func (t *Table) batch(ctx context.Context, after rowKey) (rows []storedRow, err error) {
	ctx, cancel := context.WithTimeout(
		ctx, max(t.timeout, time.Minute),
	) // there may be many expired ones between
	defer cancel()
	query := fmt.Sprintf(
		"SELECT session_key, session_data, %s FROM %s WHERE expire_date > ? AND session_key > ? "+
			"ORDER BY session_key LIMIT %d",
		t.dialect.expireText,
		t.db.Statement.Quote(t.table),
		moveBatch,
	)
	err = t.retry(ctx, func(ctx context.Context) error {
		rows, err = t.scanRows(t.line(ctx), query, t.expireArg(t.Now()), string(after))
		return harmless(err)
	})
	return rows, t.fault(err, after)
}

func (t *Table) scanRows(on line, query string, args ...any) (rows []storedRow, err error) {
	text, vars := t.build(query, args)
	found, err := t.query(on, text, vars...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	for found.Next() {
		var r storedRow
		var expire any
		if err := found.Scan(&r.key, &r.Data, &expire); err != nil {
			return nil, err
		}
		var e Expiry
		r.unreadable = e.Scan(expire) != nil
		r.Expire = t.expireOf(e)
		rows = append(rows, r)
	}
	return rows, found.Err()
}

// move moves a row to the table of another store, as in cycle: what was saved or renewed since it
// was read goes along. A row that has gone is ErrInterrupted.
func (t *Table) move(ctx context.Context, into *Table, r storedRow, key rowKey) error {
	recode := func(current Record) (Record, error) {
		var err error
		if current.Entries, err = t.decode(r.key, current.Data); err != nil {
			return Record{}, ErrDamaged // also where a key of the codec's is missing: it stays
		}
		current.Data, err = into.encode(key, current.Entries, "")
		return current, err
	}
	moved, err := recode(r.Record)
	if err != nil {
		return err
	}
	try := func(on line) error {
		gone, err := t.written(t.rows(on).
			Where("session_key = ? AND expire_date = ?", string(r.key), t.expireArg(r.Expire)).
			Where(t.dialect.sameData, r.Data).Delete(t.model.Empty()))
		if err != nil {
			return err
		}
		if gone > 0 {
			return into.create(on, key, moved)
		}
		current, found, err := t.lock(on, r.key)
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
		if gone, err = t.unsee(on, guard{data: current.Data}, r.key); err != nil {
			return err
		}
		if gone == 0 {
			return errSlipped
		}
		return into.create(on, key, now)
	}
	return t.untilKnown(ctx,
		func(ctx context.Context) error { return t.transact(ctx, try) },
		func(ctx context.Context) error {
			return t.transact(ctx, func(on line) error {
				err := try(on)
				if errors.Is(err, ErrInterrupted) { // it went, and perhaps there
					if _, found, err := into.lockAny(on, key); err != nil || found {
						return err
					}
				}
				return err
			})
		})
}
