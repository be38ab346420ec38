package engine

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/seed7368b609/gormsession/internal/seal"
)

// A Census is what a table holds at one instant. Counts by bounds are those of the live rows up to
// each of the bounds, and of the rest: one more than there are bounds.
type Census struct {
	Live, Expired   int64
	LoggedIn, Users int64 // live rows that say whose they are, and of how many users
	Bytes, Largest  int64 // of the texts of live rows
	Sizes           []int64
	Left            []int64 // by the time until they end
	Ages, Idle      []int64 // since they began, and were last seen; nil where rows do not say
}

// Census counts, in one look at the whole table. Sizes are bounds in bytes, spans bounds in time.
func (t *Table) Census(
	ctx context.Context, sizes []int64, spans []time.Duration,
) (Census, error) {
	var c Census
	now := t.Now()
	q := &counting{live: "expire_date > ?", now: t.expireArg(now)}
	q.of(&c.Live, "1 = 1")
	q.sum(&c.Expired, "CASE WHEN expire_date > ? THEN 0 ELSE 1 END", q.now)
	q.sum(&c.Bytes, "CASE WHEN expire_date > ? THEN "+t.dialect.size+" ELSE 0 END", q.now)
	q.add(&c.Largest, "MAX(CASE WHEN expire_date > ? THEN "+t.dialect.size+" ELSE 0 END)", q.now)
	c.Sizes = make([]int64, len(sizes)+1)
	for i, most := range sizes {
		q.of(&c.Sizes[i], t.dialect.size+" <= ?", most)
	}
	c.Left = make([]int64, len(spans)+1)
	for i, span := range spans {
		q.of(&c.Left[i], "expire_date <= ?", t.expireArg(now.Add(span)))
	}
	if t.model.Seen() != "" {
		q.of(&c.LoggedIn, "user_id IS NOT NULL")
		q.add(&c.Users, "COUNT(DISTINCT CASE WHEN expire_date > ? THEN user_id END)", q.now)
		c.Ages, c.Idle = make([]int64, len(spans)+1), make([]int64, len(spans)+1)
		for i, span := range spans {
			since := t.expireArg(now.Add(-span))
			q.of(&c.Ages[i], "created >= ?", since)
			q.of(&c.Idle[i], "last_seen >= ?", since)
		}
	}
	query := "SELECT " + strings.Join(q.terms, ", ") + " FROM " + t.db.Statement.Quote(t.table)
	err := t.ask(t.line(ctx), query, func(rows *sql.Rows) error {
		if !rows.Next() {
			return nil
		}
		return rows.Scan(q.counts...)
	}, q.args...)
	for _, upTo := range [][]int64{c.Sizes, c.Left, c.Ages, c.Idle} {
		each(upTo, c.Live)
	}
	return c, t.fault(err, "")
}

// each makes of how many there are up to each bound how many there are between the bounds.
func each(upTo []int64, all int64) {
	if len(upTo) == 0 {
		return
	}
	upTo[len(upTo)-1] = all
	for i := len(upTo) - 1; i > 0; i-- {
		upTo[i] -= upTo[i-1]
	}
}

// A counting is a query that counts several things at once.
type counting struct {
	live   string
	now    Expiry
	terms  []string
	args   []any
	counts []any
}

// of counts the live rows that meet a condition.
func (q *counting) of(n *int64, condition string, args ...any) {
	q.sum(n, fmt.Sprintf("CASE WHEN %s AND %s THEN 1 ELSE 0 END", q.live, condition),
		append([]any{q.now}, args...)...)
}

func (q *counting) sum(n *int64, term string, args ...any) { q.add(n, "SUM("+term+")", args...) }

func (q *counting) add(n *int64, term string, args ...any) {
	q.terms = append(q.terms, "COALESCE("+term+", 0)")
	q.args = append(q.args, args...)
	q.counts = append(q.counts, n)
}

// Seals counts the live rows by the identifier of the key that they are sealed with, "" for those
// that are open.
func (t *Table) Seals(ctx context.Context) (map[string]int64, error) {
	seals := map[string]int64{}
	query := fmt.Sprintf("SELECT seal, COUNT(*) FROM (SELECT CASE WHEN %[1]s LIKE '%[2]s%%' "+
		"THEN SUBSTR(%[1]s, %[3]d, %[4]d) ELSE '' END AS seal FROM %[5]s WHERE expire_date > ?) "+
		"seals GROUP BY seal", t.dialect.text, seal.Prefix, len(seal.Prefix)+1, seal.IDLength,
		t.db.Statement.Quote(t.table))
	err := t.ask(t.line(ctx), query, func(rows *sql.Rows) error {
		for rows.Next() {
			var seal string
			var n int64
			if err := rows.Scan(&seal, &n); err != nil {
				return err
			}
			seals[seal] = n
		}
		return nil
	}, t.expireArg(t.Now()))
	return seals, t.fault(err, "")
}

// Expired counts the rows that ClearExpired would delete now.
func (t *Table) Expired(ctx context.Context) (int64, error) {
	return t.remaining(ctx, t.endedBefore(t.Now()), nil)
}

// Rows counts all rows, and those that live, in one look; of a user alone, unless that is "".
func (t *Table) Rows(ctx context.Context, userID string) (all, live int64, err error) {
	where, args := "1 = 1", []any(nil)
	if userID != "" {
		where, args = t.ofUser(userID)
	}
	query := "SELECT COUNT(*), COALESCE(SUM(CASE WHEN expire_date > ? THEN 1 ELSE 0 END), 0) FROM " +
		t.db.Statement.Quote(t.table) + " WHERE " + where
	err = t.ask(t.line(ctx), query, func(rows *sql.Rows) error {
		if !rows.Next() {
			return nil
		}
		return rows.Scan(&all, &live)
	}, append([]any{t.expireArg(t.Now())}, args...)...)
	return all, live, t.fault(err, "")
}
