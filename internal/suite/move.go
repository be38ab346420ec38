package suite

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// MoveFormer takes each live session of the former table to the own one, with its key, its expiry
// and all that it holds. What cannot be taken stays, and is counted.
func (on cases) TestMoveFormer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		r := on.newRelocation(t, d)
		keys := r.fill(220) // more than two batches
		before, rows := sessionsOf(r.old, keys), r.old.rows()
		const data = `tagged:{"name":"Ann"}`
		later := "2026-03-05 00:00:00"
		stay := map[string]string{"short key": data, strings.Repeat("A", 32): data,
			strings.Repeat("a", 33): data,
			strings.Repeat("0", 32): "not tagged", strings.Repeat("1", 32): "tagged:[]",
			strings.Repeat("z", 32): ""}
		for key, data := range stay {
			r.plantOld(t, key, data, later)
		}
		want := gormsession.Moved{Rows: len(keys), Malformed: 3, Undecodable: 3, Taken: 1}
		if d.Kind() == dbtest.SQLite { // no other lets a text be there
			stay[strings.Repeat("2", 32)] = data
			r.plantOld(t, strings.Repeat("2", 32), data, "2026-03-05 soon")
			want.Undecodable++
		}
		expired := strings.Repeat("e", 32)
		r.plantOld(t, expired, data, "2026-03-04 05:06:07")
		stay[expired] = data
		taken := r.alone.start(map[string]any{"name": "Bob"})
		r.plantOld(t, taken, data, later)
		stay[taken] = data

		for run, want := range []gormsession.Moved{
			want, {Malformed: want.Malformed, Undecodable: want.Undecodable, Taken: want.Taken},
		} {
			got, err := r.two.plugin.MoveFormer(context.Background())
			if err != nil || got != want {
				t.Fatalf("run %d: %+v, %v, want %+v", run, got, err, want)
			}
		}
		if after := sessionsOf(r.alone, keys); !reflect.DeepEqual(after, before) {
			for key := range before {
				if !reflect.DeepEqual(after[key], before[key]) {
					t.Errorf("of %.200v the move made %.200v", before[key], after[key])
				}
			}
		}
		moved := r.alone.rows()
		for _, key := range keys {
			if !moved[stored(key)].expire.Equal(rows[key].expire) {
				t.Errorf("the expiry %v became %v", rows[key].expire, moved[stored(key)].expire)
			}
		}
		if d.Kind() == dbtest.SQLite {
			// for rows to read
			r.old.db.Exec("UPDATE django_session SET expire_date = ? WHERE session_key = ?", later,
				strings.Repeat("2", 32))
		}
		left := map[string]string{}
		for key, row := range r.old.rows() {
			left[key] = row.data
		}
		if !maps.Equal(left, stay) {
			t.Errorf("%d rows are left, %d should be: %v", len(left), len(stay), left)
		}
		if name := r.alone.entries(taken)["name"]; name != "Bob" {
			t.Errorf("a row that was there has become %v", name)
		}
	})
}

// A move that ends in its middle has lost nothing, and goes on when it is called again.
func (on cases) TestMoveFormerGoesOn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		ctx, end := context.WithCancel(context.Background())
		r := on.newRelocation(t, d)
		nth := func(n int, verb string, err error, happen func()) func(string) error {
			return func(sql string) error {
				if strings.HasPrefix(sql, verb) {
					if n--; n == 0 {
						happen()
						return err
					}
				}
				return nil
			}
		}
		for name, c := range map[string]struct {
			before, after func(string) error
			moved         int
			want          error
		}{
			"cancelled": {nth(101, "DELETE", nil, end), nil, 101, context.Canceled},
			"no room": {
				nth(5, "INSERT", errors.New("the disk is full"), func() {}), nil, 4, gormsession.ErrUnavailable,
			},
			"lost answer to a COMMIT":  {nil, nth(9, "COMMIT", lost[d.Kind()], func() {}), 120, nil},
			"lost answer to the batch": {nil, nth(2, "SELECT", lost[d.Kind()], func() {}), 120, nil},
		} {
			var keys []string
			moved := len(r.alone.rows())
			for i := range 120 {
				keys = append(keys, fmt.Sprintf("%032d", moved+i))
				r.plantOld(t, keys[i], fmt.Sprintf(`tagged:{"i":%d}`, i), "2026-03-05 00:00:00")
			}
			before := sessionsOf(r.old, keys)
			r.two.statements.Fail(c.before)
			r.two.statements.FailAfter(c.after)
			ctx := ctx
			if c.want != context.Canceled {
				ctx = context.Background()
			}
			first, err := r.two.plugin.MoveFormer(ctx)
			if !errors.Is(err, c.want) || first.Rows != c.moved {
				t.Fatalf("%s: %+v, %v", name, first, err)
			}
			r.two.statements.Fail(nil)
			r.two.statements.FailAfter(nil)
			left, there := r.old.rows(), r.alone.rows()
			for _, key := range keys {
				_, inOld := left[key]
				if _, inNew := there[stored(key)]; inOld == inNew {
					t.Fatalf("%s: a session has a row in both tables, or in none: %t", name, inOld)
				}
			}
			second, err := r.two.plugin.MoveFormer(context.Background())
			if err != nil || second.Rows != len(left) || len(r.old.rows()) != 0 {
				t.Errorf("%s: then of %d rows %+v, %v, %d rows are left", name, len(left), second, err,
					len(r.old.rows()))
			}
			if after := sessionsOf(r.alone, keys); !reflect.DeepEqual(after, before) {
				t.Errorf("%s: sessions have changed", name)
			}
		}
	})
}

// A row is moved as it is at that moment, whatever happens between its reading and its moving.
func (on cases) TestMoveFormerMeanwhile(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		r := on.newRelocation(t, d)
		for name, c := range map[string]struct {
			happen func(c *Call)
			n      string
			moved  int
		}{
			"Modify": {increment, "2", 1},
			"Touch":  {func(c *Call) { c.Session().Touch() }, "1", 1},
			"Flush":  {func(c *Call) { c.Session().Flush() }, "0", 0},
			"cycle":  {func(c *Call) { increment(c); c.Session().CycleKey() }, "2", 0},
			"expiry": {func(c *Call) { c.Session().SetExpiry(-time.Hour) }, "0", 0},
		} {
			key := r.old.start(map[string]any{"n": 1})
			if name == "Touch" {
				for _, s := range []*site{r.old, r.two} {
					// into another step of expire_date, or there is nothing to renew
					s.clock.advance(24 * time.Hour)
				}
			}
			now := key
			var expire time.Time
			r.two.statements.Hook(func(sql string) {
				if strings.HasPrefix(sql, "DELETE") {
					r.two.statements.Hook(nil)
					if got := r.old.visit(key, c.happen); got.cookie != nil {
						now = got.cookie.Value
					}
					expire = r.old.rows()[key].expire
				}
			})
			got, err := r.two.plugin.MoveFormer(context.Background())
			if err != nil || got.Rows != c.moved || got != (gormsession.Moved{Rows: c.moved}) {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
			if c.moved > 0 && (r.tables(key) != "new" || !r.alone.rows()[stored(key)].expire.Equal(expire)) {
				t.Errorf("%s: rows in %q, the expiry is %v, not %v", name, r.tables(key),
					r.alone.rows()[stored(key)].expire, expire)
			}
			if n := r.two.visit(now, showCounter).body; n != c.n {
				t.Errorf("%s: n is %s, not %s", name, n, c.n)
			}
			if err := errors.Join(r.old.db.Exec("DELETE FROM django_session").Error,
				r.old.db.Exec("DELETE FROM web_sessions").Error); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Expired rows of both tables go by ClearExpired.
func (on cases) TestFormerClearExpired(t *testing.T) {
	r := on.newRelocation(t, dbtest.New(t, dbtest.SQLite))
	r.old.start(map[string]any{"n": 1})
	r.alone.start(map[string]any{"n": 1})
	r.two.clock.advance(365 * 24 * time.Hour)
	if n, err := r.two.plugin.ClearExpired(context.Background()); n != 2 || err != nil {
		t.Errorf("%d rows were cleared, %v", n, err)
	}
}

// MoveFormer says why it cannot move.
func (on cases) TestMoveFormerRefused(t *testing.T) {
	r := on.newRelocation(t, dbtest.New(t, dbtest.SQLite))
	for want, s := range map[string]*site{
		"there is no former table": r.alone,
		"hashes of keys":           r.one,
	} {
		if m, err := s.plugin.MoveFormer(context.Background()); err == nil ||
			!strings.Contains(err.Error(), want) || m != (gormsession.Moved{}) {
			t.Errorf("%+v, %v, which lacks %q", m, err, want)
		}
	}
}
