package suite

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// must is for calls of a page's that are to succeed.
func must[T any](t *testing.T, what string) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		return v
	}
}

// eachRow runs a case on rows that are hashed, and on sealed ones.
func eachRow(
	t *testing.T, f func(t *testing.T, d *dbtest.DB, c dbtest.Config, rows gormsession.Option),
) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		t.Run("hashed", func(t *testing.T) { f(t, d, c, gormsession.WithOptions()) })
		t.Run("sealed", func(t *testing.T) {
			f(t, dbtest.New(t, d.Kind()), c, gormsession.WithEncryption(sealKeyA))
		})
	})
}

// A user's sessions are listed with what is known of them: the newest first, those alone that are
// live, the request's own marked; and by handles that are no keys, stay with a new key, and open
// nothing.
func (on cases) TestSessionsOfAUser(t *testing.T) {
	eachRow(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config, rows gormsession.Option) {
		s := on.fresh(t, d, c, rows, gormsession.WithUsers(), gormsession.WithLifetime(time.Hour))
		first := s.clock.Now()
		s.moved("", logIn("ann")) // and forgotten, so it ends
		s.clock.advance(50 * time.Minute)
		phone := s.moved("", func(c *Call) {
			c.Session().LogIn("ann", gormsession.Device{
				Address: "2001:db8::1", Agent: "Phone\r\n\x1b[31m" + strings.Repeat("ü", 300),
			})
		})
		s.clock.advance(5 * time.Minute)
		laptop := s.moved("", logIn("ann"))
		s.moved("", logIn("Ann")) // somebody else
		s.start(map[string]any{"visitor": true})
		list := func(key, user string) (logins []gormsession.UserLogin) {
			s.visit(key, func(c *Call) {
				logins = must[[]gormsession.UserLogin](t, "the list")(
					s.plugin.Sessions(c.Request.Context(), user))
			})
			return logins
		}
		all := list(laptop, "ann")
		if len(all) != 3 || !all[0].Current || all[1].Current || all[2].Current {
			t.Fatalf("the list is %+v", all)
		}
		if !all[2].Created.Equal(first.UTC().Truncate(time.Microsecond)) ||
			!all[1].Created.Equal(all[2].Created.Add(50*time.Minute)) ||
			!all[1].Expires.After(all[2].Expires) {
			t.Errorf("times of the list: %+v", all)
		}
		if agent := all[1].Agent; all[1].Address != "2001:db8::1" || len(agent) > 255 ||
			!strings.HasPrefix(agent, "Phone   [31mü") || strings.ContainsAny(agent, "\r\n\x1b") {
			t.Errorf("the device: %+v", all[1])
		}
		s.clock.advance(6 * time.Minute)
		if all = list(phone, "ann"); len(all) != 2 || all[0].Current || !all[1].Current {
			t.Errorf("after one has expired: %+v", all)
		}
		handle := all[1].Handle
		for _, opens := range []string{handle, strings.ToLower(handle), stored(handle)} {
			if got := s.visit(opens, func(c *Call) { c.String(200, "%q", c.Session().UserID()) }); got.body != `""` {
				t.Errorf("a handle opens a session: %s", got.body)
			}
		}
		phone = s.moved(phone, pageC)
		if all = list(phone, "ann"); len(all) != 2 || all[1].Handle != handle || !all[1].Current {
			t.Errorf("after a new key: %+v", all)
		}
		phone = s.moved(phone, logIn("ann"))
		if all = list(phone, "ann"); len(all) != 2 || all[0].Handle == handle || all[0].Agent != "" {
			t.Errorf("after another login: %+v", all)
		}
		if others := list(phone, "Ann"); len(others) != 1 || others[0].Current {
			t.Errorf("of a name that differs in its case: %+v", others)
		}
		if none := list(phone, "nobody"); len(none) != 0 {
			t.Errorf("of nobody: %+v", none)
		}
	})
}

// The column that says when a session was last seen moves with the renewal that is due anyway, and
// costs no statement of its own; and so does the user's with what is saved.
func (on cases) TestLastSeen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newSite(t, d, gormsession.WithUsers(), gormsession.WithRolling(),
			gormsession.WithLifetime(time.Hour))
		key := s.moved("", logIn(42))
		seen := func() time.Time {
			all := must[[]gormsession.UserLogin](t, "the list")(s.plugin.Sessions(t.Context(), 42))
			if len(all) != 1 {
				t.Fatalf("%d sessions", len(all))
			}
			return all[0].LastSeen
		}
		for _, page := range []func(*Call){readName, pageT, pageW} {
			s.clock.advance(10 * time.Minute)
			got := s.visit(key, page)
			if got.verbs() != s.single("SELECT BEGIN UPDATE COMMIT") {
				t.Errorf("asked %q", got.verbs())
			}
			if want := s.clock.Now().UTC().Truncate(time.Microsecond); !seen().Equal(want) {
				t.Errorf("last seen at %v, not at %v", seen(), want)
			}
		}
	})
}

// A model of the application's own may have the columns of users among its own; one that has not,
// a table without them, and Django's table are refused with what to do, as are the calls without
// the option.
func (on behind) TestUsersNeedTheirColumns(t *testing.T) {
	type own struct {
		gormsession.UserSession
		Note string
	}
	type without struct {
		gormsession.Session
		Note string
	}
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newSite(t, d, gormsession.WithUsers(), gormsession.WithModel(
			func(row gormsession.Session, e gormsession.Entries) own {
				return own{UserSession: gormsession.UserSession{Session: row}, Note: fmt.Sprint(e.Get("note"))}
			}))
		s.moved("", func(c *Call) { logIn(42)(c); set("note", "hi")(c) })
		var rows []own
		if err := s.db.Where("user_id = ?", "42").Find(&rows).Error; err != nil || len(rows) != 1 ||
			rows[0].Note != "hi" || *rows[0].UserID != "42" || rows[0].Created == nil {
			t.Errorf("rows of a model that embeds UserSession: %+v, %v", rows, err)
		}
		bare := dbtest.New(t, d.Kind()).Open(t)
		plugin, err := gormsession.New(bare)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := plugin.Sessions(t.Context(), 42); err == nil ||
			!strings.Contains(err.Error(), "WithUsers") {
			t.Errorf("without the option: %v", err)
		}
		for want, options := range map[string][]gormsession.Option{
			"has no column": {gormsession.WithUsers()},
			"embed that in the place of Session": {gormsession.WithUsers(), gormsession.WithModel(
				func(row gormsession.Session, _ gormsession.Entries) without {
					return without{Session: row}
				})},
		} {
			if _, err := gormsession.New(bare, options...); err == nil ||
				!strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		}
		if _, err := s.plugin.End(t.Context(), "", "x"); !errors.Is(err, gormsession.ErrEncode) {
			t.Errorf("of no user: %v", err)
		}
	})
}
