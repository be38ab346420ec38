package suite

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// FillUsers says whose the sessions are that were logged in by an entry before the option, in rows
// that are open and sealed, while servers with the option and without it serve them. Nobody loses
// anything, nothing that has ended comes back, and a call that is ended is gone on with.
func (on cases) TestFillUsers(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		for name, rest := range map[string]gormsession.Option{
			"open": gormsession.WithOptions(), "sealed": gormsession.WithEncryption(sealKeyA),
		} {
			d := dbtest.New(t, d.Kind())
			before := on.fresh(t, d, c, rest)
			keys := make([]string, 230)
			for i := range keys {
				keys[i] = before.start(map[string]any{"n": 0, "user_id": i % 23})
			}
			out := keys[7]
			users := gormsession.WithUsers()
			if err := gormsession.Migrate(before.db, users); err != nil {
				t.Fatal(err)
			}
			s := on.fresh(t, d, c, rest, users)
			ends := s.rows()
			before.visit(out, func(c *Call) { c.Session().Flush() })
			stop := make(chan struct{})
			var wg sync.WaitGroup
			counts := make([]int, 4)
			for i := range counts {
				wg.Go(func() {
					for {
						select {
						case <-stop:
							return
						default:
						}
						at := []*site{before, s}[i%2]
						if got := at.visit(keys[i*50], increment); got.status != http.StatusOK {
							t.Errorf("%s: meanwhile: %d", name, got.status)
							return
						}
						counts[i]++
					}
				})
			}
			ctx, cancel := context.WithCancel(t.Context())
			first, err := s.plugin.FillUsers(ctx, "user_id", func(gormsession.FilledUsers) { cancel() })
			if !errors.Is(err, context.Canceled) || first.Rows != 100 {
				t.Errorf("%s: ended after a batch: %+v, %v", name, first, err)
			}
			second, err := s.plugin.FillUsers(t.Context(), "user_id")
			close(stop)
			wg.Wait()
			if err != nil || second != (gormsession.FilledUsers{Rows: 129}) {
				t.Errorf("%s: the rest: %+v, %v", name, second, err)
			}
			again, err := s.plugin.FillUsers(t.Context(), "user_id")
			if err != nil || again != (gormsession.FilledUsers{}) {
				t.Errorf("%s: again: %+v, %v", name, again, err)
			}
			rows := s.rows()
			if len(rows) != 229 {
				t.Errorf("%s: %d rows", name, len(rows))
			}
			for key, row := range rows {
				if row.expire != ends[key].expire {
					t.Errorf("%s: a row ends at %v, not at %v", name, row.expire, ends[key].expire)
				}
			}
			for i, key := range keys {
				want := 0
				if i%50 == 0 && i/50 < len(counts) {
					want = counts[i/50]
				}
				if entries := s.entries(key); key != out && (entries["n"] != int64(want) ||
					entries["user_id"] != int64(i%23)) {
					t.Fatalf("%s: session %d holds %v, and n should be %d", name, i, entries, want)
				}
			}
			for user, want := range map[int]int{7: 9, 8: 10} {
				all, err := s.plugin.Sessions(t.Context(), user)
				if err != nil || len(all) != want || all[0].Handle == "" {
					t.Errorf("%s: %d sessions of %d, %v", name, len(all), user, err)
				}
				n, err := s.plugin.EndAll(t.Context(), user)
				if err != nil || n != int64(want) || s.entries(keys[30+user-7]) != nil {
					t.Errorf("%s: %d have ended of %d, %v", name, n, user, err)
				}
			}
		}
	})
}

// What is no identifier of a user is passed over and counted, as is what is not there; what says
// whose it is already stays, and gets its columns. Nobody has proved anything by being filled.
func (on cases) TestFillUsersOfWhatIsThere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		before := on.newSite(t, d)
		for _, nobody := range []any{
			nil, "", 1.5, 1e30, true, []int{7}, map[string]any{"id": 7}, "a\x00b", strings.Repeat("x", 256),
		} {
			before.start(map[string]any{"user_id": nobody})
		}
		before.start(map[string]any{"n": 1})
		before.exec("UPDATE web_sessions SET session_data = '{' WHERE session_key = ?",
			stored(before.start(map[string]any{"user_id": 1})))
		loggedIn := before.moved("", func(c *Call) {
			c.Session().LogIn("ann", gormsession.Device{Agent: "Firefox"})
			c.Session().Set("user_id", "bob")
		})
		over := before.start(map[string]any{"user_id": "ann"})
		before.exec("UPDATE web_sessions SET expire_date = ? WHERE session_key = ?",
			gormsession.Expiry{Time: before.clock.Now().Add(-time.Second)}, stored(over))
		filled := map[string]string{}
		for user, id := range map[string]any{
			"ann": "ann", "-5": -5, "7": "7", "18446744073709551615": uint64(1<<64 - 1),
		} {
			filled[user] = before.start(map[string]any{"user_id": id})
		}
		if err := gormsession.Migrate(before.db, gormsession.WithUsers()); err != nil {
			t.Fatal(err)
		}
		s := on.newSite(t, d, gormsession.WithUsers())
		if done, err := s.plugin.FillUsers(t.Context(), "user_id"); err != nil ||
			done != (gormsession.FilledUsers{Rows: 5, Skipped: 10, Unreadable: 1}) {
			t.Errorf("%+v, %v", done, err)
		}
		for user, key := range filled {
			got := s.visit(key, func(c *Call) {
				in := c.Session()
				c.String(http.StatusOK, "%s %t %t", in.UserID(), in.AuthenticatedAt().IsZero(),
					in.IsFresh(time.Hour))
			})
			if got.body != user+" true false" {
				t.Errorf("the session of %s: %s", user, got.body)
			}
		}
		all, err := s.plugin.Sessions(t.Context(), "ann")
		if err != nil || len(all) != 2 || all[0].Agent+all[1].Agent != "Firefox" {
			t.Errorf("those of ann: %+v, %v", all, err)
		}
		if got := s.visit(loggedIn, func(c *Call) {
			c.String(http.StatusOK, "%t", c.Session().IsFresh(time.Hour))
		}); got.body != "true" {
			t.Errorf("who has logged in is fresh: %s", got.body)
		}
		again := s.moved(filled["7"], logIn(7))
		if got := s.visit(again, func(c *Call) {
			c.String(http.StatusOK, "%t", c.Session().IsFresh(time.Hour))
		}); got.body != "true" {
			t.Errorf("who logs in anew is fresh: %s", got.body)
		}
		if _, err := before.plugin.FillUsers(t.Context(), "user_id"); err == nil {
			t.Error("without the option")
		}
		for _, entry := range []string{"", "_user", "_session_expiry"} {
			if _, err := s.plugin.FillUsers(t.Context(), entry); err == nil {
				t.Errorf("by the entry %q", entry)
			}
		}
	})
}

// What a request does between the read of a row and its write is kept: a save, another end, a
// logout, and a new key, whose session another call fills.
func (on cases) TestFillUsersMeetsARequest(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		before, users := on.fresh(t, d, c), gormsession.WithUsers()
		if err := gormsession.Migrate(before.db, users); err != nil {
			t.Fatal(err)
		}
		s := on.fresh(t, d, c, users)
		var meanwhile func()
		err := s.db.Callback().Update().Before("gorm:update").Register("meet", func(*gorm.DB) {
			if do := meanwhile; do != nil {
				meanwhile = nil
				do()
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		for name, test := range map[string]struct {
			page  func(*Call)
			first int // filled by the first call
			all   int
		}{
			"a save":      {increment, 1, 1},
			"another end": {func(c *Call) { c.Session().SetExpiry(time.Hour) }, 1, 1},
			"a logout":    {pageF, 0, 0},
			"a new key":   {pageC, 0, 1},
			"a login": {func(c *Call) {
				c.Session().LogIn("bob")
				c.Session().Delete("user_id")
			}, 0, 0},
		} {
			before.exec("DELETE FROM web_sessions")
			key := before.start(map[string]any{"n": 0, "user_id": "ann"})
			var left map[string]row
			meanwhile = func() {
				if got := before.visit(key, test.page); got.status != http.StatusOK {
					t.Errorf("%s: %d", name, got.status)
				} else if got.cookie != nil {
					key = got.cookie.Value
				}
				left = before.rows()
			}
			done, err := s.plugin.FillUsers(t.Context(), "user_id")
			if err != nil || done.Rows != test.first || meanwhile != nil {
				t.Errorf("%s: %+v, %v", name, done, err)
			}
			_, err = s.plugin.FillUsers(t.Context(), "user_id")
			all, listErr := s.plugin.Sessions(t.Context(), "ann")
			if err != nil || listErr != nil || len(all) != test.all {
				t.Errorf("%s: %d sessions of ann, %v, %v", name, len(all), err, listErr)
			}
			rows := s.rows()
			if len(rows) != len(left) {
				t.Errorf("%s: %d rows are left, and %d were", name, len(rows), len(left))
			}
			for stored, row := range rows {
				if row.expire != left[stored].expire {
					t.Errorf("%s: the end is %v, not %v", name, row.expire, left[stored].expire)
				}
			}
			if entries := s.entries(key); name == "a save" && fmt.Sprint(entries["n"]) != "1" {
				t.Errorf("%s: %v", name, entries)
			}
		}
	})
}

// Sessions that Django has logged in say whose they are once they are in the own table.
func (on cases) TestFillUsersAfterTheMove(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		django := withLayout(layout.Django())
		before := on.newSite(t, d, django, gormsession.WithCookieName("session"))
		key := before.start(map[string]any{"_auth_user_id": "7"})
		s := on.newSite(t, d, gormsession.WithUsers(), gormsession.WithFormer(django),
			gormsession.WithCookieName("session"))
		if _, err := s.plugin.MoveFormer(t.Context()); err != nil {
			t.Fatal(err)
		}
		if done, err := s.plugin.FillUsers(t.Context(), "_auth_user_id"); err != nil || done.Rows != 1 {
			t.Errorf("%+v, %v", done, err)
		}
		plain := on.newSite(t, d, gormsession.WithUsers(), gormsession.WithCookieName("session"))
		n, err := plain.plugin.EndAll(t.Context(), 7)
		if err != nil || n != 1 || plain.entries(key) != nil {
			t.Errorf("%d have ended, %v", n, err)
		}
	})
}
