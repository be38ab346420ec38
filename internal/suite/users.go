package suite

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
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

// A user's sessions are listed with what is known of them: the newest first, those alone that are
// live, the request's own marked; and by handles that are no keys, stay with a new key, and open
// nothing.
func (on cases) TestSessionsOfAUser(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		s := on.fresh(t, d, c, gormsession.WithUsers(), gormsession.WithLifetime(time.Hour))
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

// One session, the others, and all of a user are ended by one statement each, and nobody else's.
func (on cases) TestEndSessionsOfAUser(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		s := on.newSiteWith(t, d, c.Gorm(), gormsession.WithUsers())
		counts := must[int64](t, "end")
		var keys [4]string
		for i := range keys {
			keys[i] = s.moved("", logIn(42))
		}
		bob := s.moved("", logIn(7))
		alive := func() (list string) {
			for _, key := range append(keys[:], bob) {
				list += map[bool]string{true: "x", false: "."}[s.entries(key) != nil]
			}
			return list
		}
		page := func(key string, page func(c *Call)) reply {
			t.Helper()
			got := s.visit(key, page)
			if got.status != http.StatusOK {
				t.Errorf("answered with %d\n%s", got.status, s.log)
			}
			return got
		}
		all := must[[]gormsession.UserLogin](t, "the list")(s.plugin.Sessions(t.Context(), 42))
		got := page(keys[0], func(c *Call) {
			ctx := c.Request.Context()
			for _, handle := range []string{"", "nothing", "%", all[0].Handle + "x"} {
				if must[bool](t, "end")(s.plugin.End(ctx, 42, handle)) {
					t.Errorf("ended %q", handle)
				}
			}
			if must[bool](t, "end")(s.plugin.End(ctx, 7, all[0].Handle)) {
				t.Error("ended another user's")
			}
		})
		if n := strings.Count(got.verbs(), "DELETE"); alive() != "xxxxx" || n != 4 {
			t.Errorf("what is not there: %s is alive, %s", alive(), got.verbs())
		}
		page(keys[0], func(c *Call) {
			if !must[bool](t, "end")(s.plugin.End(c.Request.Context(), 42, all[0].Handle)) {
				t.Error("nothing ended")
			}
		})
		if alive() != "xxx.x" && strings.Count(alive(), "x") != 4 {
			t.Errorf("after one has ended: %s", alive())
		}
		got = page(keys[0], func(c *Call) { // as after a change of the password
			c.Session().LogIn(42)
			if n := counts(s.plugin.EndOthers(c.Request.Context(), c.Session())); n < 2 {
				t.Errorf("%d others have ended", n)
			}
		})
		if got.cookie == nil {
			t.Fatal("no new key after a login")
		}
		keys[0] = got.cookie.Value
		if alive() != "x...x" {
			t.Errorf("after the others have ended: %s", alive())
		}
		keys[1], keys[2] = s.moved("", logIn(42)), s.moved("", logIn(42))
		got = page(keys[0], func(c *Call) {
			if n := counts(s.plugin.EndAll(c.Request.Context(), 42)); n != 3 {
				t.Errorf("%d have ended", n)
			}
			c.Session().Flash("You are logged out everywhere.")
		})
		if alive() != "....x" || got.cookieIs(keys[0]) != "new" {
			t.Errorf("after all have ended: %s, and the cookie is %q", alive(), got.cookieIs(keys[0]))
		}
		keys[1] = s.moved("", logIn(42))
		page(bob, func(c *Call) { counts(s.plugin.EndAll(c.Request.Context(), 42)) }) // an administrator
		if alive() != "....x" {
			t.Errorf("after an administrator has ended all: %s", alive())
		}
		keys[1] = s.moved("", logIn(42))
		got = page(keys[1], func(c *Call) {
			own := must[[]gormsession.UserLogin](t, "own")(s.plugin.Sessions(c.Request.Context(), 42))
			if !must[bool](t, "end")(s.plugin.End(c.Request.Context(), 42, own[0].Handle)) {
				t.Error("its own was not ended")
			}
		})
		if got.cookieIs(keys[1]) != "deleted" || alive() != "....x" {
			t.Errorf("its own: the cookie is %q, and %s is alive", got.cookieIs(keys[1]), alive())
		}
	})
}

// An intruder who renews the key of the session in a loop, by requests that overlap, does not
// survive the end of all the user's sessions, at any isolation of the application's.
func (on cases) TestNoSessionSurvivesTheEndOfAll(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		options := []gormsession.Option{gormsession.WithUsers()}
		a, b := on.fresh(t, d, c, options...), on.fresh(t, d, c, options...)
		for round := range 30 {
			if round == 15 { // a new key is another row from here on
				options = append(options, gormsession.WithReplacedRows())
				a, b = on.fresh(t, d, c, options...), on.fresh(t, d, c, options...)
			}
			stolen := a.moved("", logIn(42))
			var wg sync.WaitGroup
			began := make(chan struct{})
			wg.Go(func() {
				for i := range 50 {
					got := a.visit(stolen, func(c *Call) {
						if c.Session().UserID() != "" {
							c.Session().CycleKey()
						}
					})
					if i == 3 {
						close(began)
					}
					if got.cookieIs(stolen) != "new" {
						if i < 3 {
							close(began)
						}
						return
					}
					stolen = got.cookie.Value
				}
			})
			<-began
			if _, err := b.plugin.EndAll(t.Context(), 42); err != nil {
				t.Errorf("round %d: %v", round, err)
			}
			wg.Wait()
			if left, err := b.plugin.Sessions(t.Context(), 42); err != nil || len(left) > 0 {
				t.Fatalf("round %d: %d sessions have survived, %v", round, len(left), err)
			}
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

// However many logins of a user there are at once, on two nodes, no more sessions are left than the
// limit allows once they are answered, and nobody else's ends; one after the other, the newest
// stay.
func (on cases) TestUserLimit(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		limit := gormsession.WithUserLimit(5)
		a, b := on.fresh(t, d, c, limit), on.fresh(t, d, c, limit)
		bob := a.moved("", logIn("bob"))
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				if got := []*site{a, b}[i%2].visit("", logIn("ann")); got.status != http.StatusOK {
					t.Errorf("a login: %d", got.status)
				}
			})
		}
		wg.Wait()
		left, err := a.plugin.Sessions(t.Context(), "ann")
		if err != nil || len(left) > 5 || len(left) == 0 {
			t.Errorf("%d sessions are left, %v", len(left), err)
		}
		for range 5 {
			a.moved("", logIn("ann"))
		}
		a.clock.advance(time.Second)
		last := a.moved("", logIn("ann"))
		left, err = a.plugin.Sessions(t.Context(), "ann")
		if err != nil || len(left) != 5 || a.entries(last) == nil {
			t.Errorf("%d sessions are left, %v, and the last login is alive: %t", len(left), err,
				a.entries(last) != nil)
		}
		if a.entries(bob) == nil {
			t.Error("another user's session has ended")
		}
		a.log.forget()
		again := a.moved(last, logIn("ann")) // no session more
		if all, err := a.plugin.Sessions(t.Context(), "ann"); err != nil || len(all) != 5 ||
			a.entries(again) == nil {
			t.Errorf("after the same session has logged in again: %d, %v", len(all), err)
		}
	})
}

// Names that differ in a space at their end are two users; what a database would not tell apart, or
// not store, is nobody.
func (on cases) TestNamesOfUsers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newSite(t, d, gormsession.WithUsers())
		names := []string{"bob", "bob ", "Bob", "böb", "%", "bob\t"}
		for _, name := range names {
			s.moved("", logIn(name))
		}
		for _, name := range names {
			all, err := s.plugin.Sessions(t.Context(), name)
			if err != nil || len(all) != 1 {
				t.Errorf("%q has %d sessions, %v", name, len(all), err)
			}
		}
		for i, name := range names {
			if n, err := s.plugin.EndAll(t.Context(), name); err != nil || n != 1 {
				t.Errorf("%q: %d sessions have ended, %v", name, n, err)
			}
			if left := len(s.rows()); left != len(names)-i-1 {
				t.Errorf("after the end of %q: %d rows", name, left)
			}
		}
		for _, name := range []string{"a\xff", "a\x00b", strings.Repeat("x", 256)} {
			if got := s.visit("", logIn(name)); got.status != http.StatusInternalServerError {
				t.Errorf("%q has logged in: %d", name, got.status)
			}
			if _, err := s.plugin.EndAll(t.Context(), name); !errors.Is(err, gormsession.ErrEncode) {
				t.Errorf("the end of %q: %v", name, err)
			}
		}
	})
}

// A session that is still in the former table is listed and ended like any other; where that table
// does not say whose its sessions are, the calls say so and nobody is told that all have ended.
func (on cases) TestUsersOfTheFormerTable(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		for name, c := range map[string]struct {
			former gormsession.Option
			fails  bool
		}{"with users": {gormsession.WithUsers(), false}, "without": {gormsession.WithOptions(), true}} {
			d := dbtest.New(t, d.Kind())
			before := on.newSite(t, d, gormsession.WithTable("old"), c.former)
			key := before.moved("", logIn("ann"))
			s := on.newSite(t, d, gormsession.WithUsers(), gormsession.WithTable("new"),
				gormsession.WithFormer(gormsession.WithTable("old"), c.former))
			s.moved("", logIn("ann"))
			all, err := s.plugin.Sessions(t.Context(), "ann")
			n, endErr := s.plugin.EndAll(t.Context(), "ann")
			alive := s.visit(key, readName).status == http.StatusOK && s.entries(key) != nil
			switch {
			case c.fails && (err == nil || endErr == nil || !strings.Contains(err.Error(), "MoveFormer")):
				t.Errorf("%s: %v, %v", name, err, endErr)
			case !c.fails && (err != nil || endErr != nil || len(all) != 2 || n != 2 || alive):
				t.Errorf("%s: listed %d, %v; ended %d, %v; alive %t", name, len(all), err, n, endErr, alive)
			}
		}
	})
}

// A session whose user has logged in before the option is found once it was renewed, though it is
// merely read, and counts as one session for the limit; the login that is made now is never the one
// that the limit ends, whatever the clocks of two servers say.
func (on cases) TestLoginFromBeforeTheOption(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		type own struct{ gormsession.UserSession }
		before := on.newSite(t, d, gormsession.WithLifetime(time.Hour), gormsession.WithModel(
			func(row gormsession.Session, _ gormsession.Entries) own {
				return own{gormsession.UserSession{Session: row}}
			}))
		old := before.moved("", logIn("ann"))
		s := on.newSite(t, d, gormsession.WithUserLimit(2), gormsession.WithLifetime(time.Hour),
			gormsession.WithRolling())
		s.clock.advance(30 * time.Minute)
		s.visit(old, readName)
		all, err := s.plugin.Sessions(t.Context(), "ann")
		if err != nil || len(all) != 1 || all[0].Handle == "" {
			t.Errorf("after a renewal: %+v, %v", all, err)
		}
		s.clock.advance(time.Minute)
		first := s.moved("", logIn("ann"))
		if s.entries(old) == nil || s.entries(first) == nil {
			t.Error("a session within the limit has ended")
		}
		s.clock.advance(-20 * time.Minute) // another server, whose clock is behind
		if last := s.moved("", logIn("ann")); s.entries(last) == nil {
			t.Error("the login that was just made has ended")
		}
		if all, err := s.plugin.Sessions(t.Context(), "ann"); err != nil || len(all) != 2 {
			t.Errorf("%d sessions, %v", len(all), err)
		}
	})
}

// What is left of a request when it has ended ends a session all the same, and says so only if it
// did.
func (on cases) TestEndAfterTheRequest(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithUsers())
	key := s.moved("", logIn("ann"))
	all := must[[]gormsession.UserLogin](t, "the list")(s.plugin.Sessions(t.Context(), "ann"))
	var request *http.Request
	s.visit(key, func(c *Call) { c.Session().Get("n"); request = c.Request })
	for i := range 2 {
		ended, err := s.plugin.End(request.Context(), "ann", all[0].Handle)
		if err != nil || ended != (i == 0) || s.entries(key) != nil {
			t.Errorf("time %d: ended %t, %v; alive %t", i, ended, err, s.entries(key) != nil)
		}
	}
}
