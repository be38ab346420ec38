package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrElsewhere: the former table may have sessions of a user, and does not say so.
var ErrElsewhere = errors.New("gormsession: the former table does not say whose its sessions " +
	"are, so none of them would be found: move them by MoveFormer, and leave WithFormer out then")

// A UserRow is what a row of a model with the columns of users says of itself.
type UserRow struct {
	PublicID, Address, Agent  string
	Created, LastSeen, Expire time.Time
}

// A Pick chooses rows among those of a user in a table, by what no change of a key touches, or by
// the key of a session whose turn it is.
type Pick func(t *Table) (condition string, args []any)

// All are all rows of the user.
func All(*Table) (string, []any) { return "1 = 1", nil }

// Called picks the row of a public name.
func Called(publicID string) Pick {
	return func(*Table) (string, []any) { return "public_id = ?", []any{publicID} }
}

// AllBut picks the rows but for one, which has that key or public name.
func AllBut(key, publicID string) Pick {
	return func(t *Table) (string, []any) {
		return "session_key <> ? AND (public_id IS NULL OR public_id <> ?)",
			[]any{string(t.stored(key)), publicID}
	}
}

// Beyond picks the live rows of a user but for that of a key, and the newest of the others in both
// tables, so that n are left. Whoever has added a row and deletes so then leaves no more of them,
// however many do so at once: the last one sees all.
func (s *Store) Beyond(userID, key string, n int) Pick {
	return func(t *Table) (string, []any) {
		const others = "expire_date > ? AND session_key <> ?"
		own, now := string(t.stored(key)), t.expireArg(t.Now())
		args, all := []any{now, own}, []string(nil)
		for _, at := range s.tables() {
			ofUser, user := at.ofUser(userID)
			all = append(all, fmt.Sprintf("SELECT session_key, created FROM %s WHERE %s AND %s",
				at.db.Statement.Quote(at.table), ofUser, others))
			args = slices.Concat(args, user, []any{now, own})
		}
		return fmt.Sprintf("%s AND session_key NOT IN (SELECT session_key FROM (SELECT session_key "+
			"FROM (%s) AS rest ORDER BY created DESC, session_key LIMIT %d) AS newest)",
			others, strings.Join(all, " UNION ALL "), n-1), args
	}
}

// ofUser is the condition for the rows of a user. MySQL's collations ignore spaces at the end.
func (t *Table) ofUser(userID string) (condition string, args []any) {
	if t.dialectName == "mysql" {
		return "user_id = ? AND CAST(user_id AS BINARY) = CAST(? AS BINARY)", []any{userID, userID}
	}
	return "user_id = ?", []any{userID}
}

// withUsers are the tables in which to look for a user's sessions, as in Find: one that is moved
// meanwhile is not missed.
func (s *Store) withUsers() ([]*Table, error) {
	if s.former != nil && s.former.model.Seen() == "" {
		return nil, ErrElsewhere
	}
	return s.places, nil
}

// UserRows reads the live rows of a user, the newest first.
func (s *Store) UserRows(ctx context.Context, userID string) (rows []UserRow, err error) {
	places, err := s.withUsers()
	if err != nil {
		return nil, err
	}
	for _, t := range places {
		more, err := t.userRows(ctx, userID)
		if err != nil {
			return nil, err
		}
		for _, r := range more {
			if !slices.ContainsFunc(rows, func(had UserRow) bool {
				return r.PublicID != "" && had.PublicID == r.PublicID
			}) {
				rows = append(rows, r)
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b UserRow) int { return b.Created.Compare(a.Created) })
	return rows, nil
}

func (t *Table) userRows(ctx context.Context, userID string) (rows []UserRow, err error) {
	ofUser, user := t.ofUser(userID)
	query := fmt.Sprintf("SELECT public_id, address, agent, %s, %s, %s FROM %s "+
		"WHERE %s AND expire_date > ? ORDER BY created DESC, session_key",
		t.timeText("created"), t.timeText("last_seen"), t.dialect.expireText,
		t.db.Statement.Quote(t.table), ofUser)
	text, vars := t.build(query, append(user, t.expireArg(t.Now())))
	err = t.retry(ctx, func(ctx context.Context) error {
		return harmless(t.withLine(ctx, func(on line) error {
			rows, err = t.scanUserRows(on, text, vars)
			return err
		}))
	})
	return rows, t.fault(err, "")
}

// timeText selects a time as expireText does.
func (t *Table) timeText(column string) string {
	return strings.ReplaceAll(t.dialect.expireText, "expire_date", column)
}

func (t *Table) scanUserRows(on line, text string, vars []any) (rows []UserRow, err error) {
	found, err := t.query(on, text, vars...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	for found.Next() {
		var r UserRow
		var texts [3]sql.NullString
		var times [3]any
		if err := found.Scan(&texts[0], &texts[1], &texts[2], &times[0], &times[1],
			&times[2]); err != nil {
			return nil, err
		}
		r.PublicID, r.Address, r.Agent = texts[0].String, texts[1].String, texts[2].String
		for i, to := range []*time.Time{&r.Created, &r.LastSeen, &r.Expire} {
			var e Expiry
			if times[i] == nil { // from before there was the column
				continue
			}
			if err := e.Scan(times[i]); err != nil {
				return nil, err
			}
			*to = t.expireOf(e)
		}
		rows = append(rows, r)
	}
	return rows, found.Err()
}

// EndUser deletes rows of a user and returns how many there were.
func (s *Store) EndUser(ctx context.Context, userID string, pick Pick) (total int64, err error) {
	places, err := s.withUsers()
	if err != nil {
		return 0, err
	}
	for _, t := range places {
		n, err := t.endUser(ctx, userID, pick)
		if total += n; err != nil {
			return total, err
		}
	}
	return total, nil
}

// endUser is EndUser in one table. One statement misses no row that gets a new key meanwhile: it
// waits for the row, and finds it under its new key. Where a new key is another row, it may: it is
// repeated until there is neither the old row nor the new one.
func (t *Table) endUser(ctx context.Context, userID string, pick Pick) (total int64, err error) {
	ofUser, args := t.ofUser(userID)
	condition, more := pick(t)
	where := "(" + ofUser + ") AND (" + condition + ")"
	args = append(args, more...)
	for left := true; left; {
		var n int64
		remove := func(ctx context.Context, second bool) error {
			return t.transactAs(ctx, t.dialect.deletes, func(on line) (err error) {
				n, err = t.written(t.rows(on).Where(where, args...).Delete(t.model.Empty()))
				if err == nil && n == 0 {
					err = t.assured(on, second)
				}
				return err
			})
		}
		err = t.untilKnown(ctx,
			func(ctx context.Context) error { return remove(ctx, false) },
			func(ctx context.Context) error { return remove(ctx, true) })
		if total += n; err != nil || !t.replaceRows {
			return total, t.fault(err, "")
		}
		more, err := t.count(ctx, where, args)
		if err != nil {
			return total, err
		}
		left = more > 0
	}
	return total, nil
}

// count counts the rows that meet a condition.
func (t *Table) count(ctx context.Context, where string, args []any) (n int64, err error) {
	query := "SELECT COUNT(*) FROM " + t.db.Statement.Quote(t.table) + " WHERE " + where
	err = t.ask(t.line(ctx), query, func(rows *sql.Rows) error {
		if !rows.Next() {
			return nil
		}
		return rows.Scan(&n)
	}, args...)
	return n, t.fault(err, "")
}
