package engine

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed7368b609/gormsession/internal/sessionkey"
)

// A Listed is what a list says of a row. Where the model has no users there is the key, the end and
// the size alone.
type Listed struct {
	UserRow
	UserID string
	Key    string // session_key, which is not to be shown
	Size   int64  // of the text, in bytes
	Data   string // the text, where it was asked for
}

// Handle names the session in lists: the public name of its login, or else what logs name it by.
func (l Listed) Handle() string {
	if l.PublicID != "" {
		return l.PublicID
	}
	return l.LogHandle()
}

// LogHandle is what logs name the session by.
func (l Listed) LogHandle() string {
	if sessionkey.IsHash(l.Key) {
		return sessionkey.HandleOfHash(l.Key)
	}
	return sessionkey.Handle(l.Key)
}

// A Listing says which rows of a table are wanted.
type Listing struct {
	Expired bool   // those that have expired, in the place of those that live
	UserID  string // those of this user alone, "" for all
	After   Spot   // those that come after it; the zero one is before all
	Limit   int
}

// A Spot is a place in the order of a list: that of a row, which may have gone since.
type Spot struct {
	Expire time.Time
	Handle string // by which logs name it
}

// List reads rows without their data, those first that end last.
func (t *Table) List(ctx context.Context, l Listing) ([]Listed, error) {
	where, args := "expire_date > ?", []any{t.expireArg(t.Now())}
	if l.Expired {
		where = "expire_date <= ?"
	}
	if l.UserID != "" {
		ofUser, user := t.ofUser(l.UserID)
		where, args = where+" AND "+ofUser, append(args, user...)
	}
	if l.After != (Spot{}) {
		after, place, err := t.after(ctx, l.After)
		if err != nil {
			return nil, err
		}
		where, args = where+" AND "+after, append(args, place...)
	}
	// Both ways the same, so that an index on expire_date serves, which InnoDB ends with the key.
	where += fmt.Sprintf(" ORDER BY expire_date DESC, session_key DESC LIMIT %d", l.Limit)
	return t.listed(ctx, "''", where, args)
}

// after is the condition of the rows that come after a place. Where keys are not hashed a handle
// says nothing of their order, and if its row has gone those are listed again rather than missed
// that end in the same microsecond.
func (t *Table) after(ctx context.Context, p Spot) (where string, args []any, err error) {
	at, key := t.expireArg(p.Expire), p.Handle // with which a hash begins
	if !t.layout.HashedKeys {
		rows, err := t.listed(ctx, "''", "expire_date = ?", []any{at})
		i := slices.IndexFunc(rows, func(l Listed) bool { return l.LogHandle() == p.Handle })
		if err != nil || i < 0 {
			return "expire_date <= ?", []any{at}, err
		}
		key = rows[i].Key
	}
	return "(expire_date < ? OR expire_date = ? AND session_key < ?)", []any{at, at, key}, nil
}

// Named reads the rows that have that handle, whether they live or not, with their data. There is
// one as a rule.
func (t *Table) Named(ctx context.Context, handle string) (rows []Listed, err error) {
	isHandle := sessionkey.IsHandle(handle)
	if isHandle && !t.layout.HashedKeys {
		return t.namedByKey(ctx, strings.ToLower(handle))
	}
	if isHandle {
		rows, err = t.listed(ctx, t.dialect.text, "session_key LIKE ?",
			[]any{strings.ToLower(handle) + "%"})
	}
	if err == nil && len(rows) == 0 && t.model.Seen() != "" {
		rows, err = t.listed(ctx, t.dialect.text, "public_id = ?", []any{handle})
	}
	return rows, err
}

// namedByKey is Named where rows hold the keys themselves, so that each has to be looked at.
func (t *Table) namedByKey(ctx context.Context, handle string) ([]Listed, error) {
	var keys []string
	query := "SELECT session_key FROM " + t.db.Statement.Quote(t.table)
	err := t.ask(t.line(ctx), query, func(found *sql.Rows) error {
		keys = nil
		for found.Next() {
			var key string
			if err := found.Scan(&key); err != nil {
				return err
			}
			if sessionkey.Handle(key) == handle {
				keys = append(keys, key)
			}
		}
		return nil
	})
	if err != nil || len(keys) == 0 {
		return nil, t.fault(err, "")
	}
	rows, err := t.listed(ctx, t.dialect.text, "session_key IN ?", []any{keys})
	return slices.DeleteFunc(rows, func(l Listed) bool { return l.LogHandle() != handle }), err
}

// listed reads rows by a condition.
func (t *Table) listed(
	ctx context.Context, data, where string, args []any,
) (rows []Listed, err error) {
	ofUsers := "NULL, NULL, NULL, NULL, NULL, NULL"
	if t.model.Seen() != "" {
		ofUsers = fmt.Sprintf("user_id, public_id, address, agent, %s, %s",
			t.timeText("created"), t.timeText("last_seen"))
	}
	query := fmt.Sprintf("SELECT session_key, %s, %s, %s, %s FROM %s WHERE %s",
		t.dialect.size, data, t.dialect.expireText, ofUsers, t.db.Statement.Quote(t.table), where)
	err = t.ask(t.line(ctx), query, func(found *sql.Rows) error {
		rows = nil
		for found.Next() {
			row, err := t.scanListed(found)
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
		return nil
	}, args...)
	return rows, t.fault(err, "")
}

func (t *Table) scanListed(found *sql.Rows) (l Listed, err error) {
	var texts [4]sql.NullString
	var times [3]any
	err = found.Scan(&l.Key, &l.Size, &l.Data, &times[0],
		&texts[0], &texts[1], &texts[2], &texts[3], &times[1], &times[2])
	l.UserID, l.PublicID = texts[0].String, texts[1].String
	l.Address, l.Agent = texts[2].String, texts[3].String
	l.Expire, l.Created, l.LastSeen = t.timeOf(times[0]), t.timeOf(times[1]), t.timeOf(times[2])
	return l, err
}

// timeOf is a time that was read, zero where there is none or what is none.
func (t *Table) timeOf(read any) time.Time {
	var e Expiry
	if read == nil || e.Scan(read) != nil {
		return time.Time{}
	}
	return t.expireOf(e)
}

// Each calls look for each live row, with its key and what decodes its data. It ends with the first
// error of the database.
func (t *Table) Each(
	ctx context.Context,
	look func(key string, decode func() (map[string]json.RawMessage, error)),
) error {
	for last := rowKey(""); ; {
		rows, err := t.batch(ctx, last)
		if err != nil {
			return err
		}
		for _, r := range rows {
			last = r.key
			look(string(r.key), func() (map[string]json.RawMessage, error) {
				if r.unreadable {
					return nil, ErrDamaged
				}
				return t.decode(r.key, r.Data)
			})
		}
		if len(rows) < moveBatch {
			return ctx.Err()
		}
	}
}
