package suite

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

func logIn(userID any) func(*Call) { return func(c *Call) { c.Session().LogIn(userID) } }

// moved is the key that a visit has given a session instead of that one.
func (s *site) moved(key string, page func(*Call)) string {
	s.t.Helper()
	got := s.visit(key, page)
	if got.status != http.StatusOK || got.cookieIs(key) != "new" {
		s.t.Fatalf("%d, and the cookie is %q\n%s", got.status, got.cookieIs(key), s.log)
	}
	return got.cookie.Value
}

// A login gives the session a new key each time, keeps what the visitor had, and drops what was
// another user's; a logout ends it.
func (on cases) TestLogIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newSite(t, d)
		visitor := s.start(map[string]any{"cart": "tea"})
		ann := s.moved(visitor, logIn(int64(42)))
		again := s.moved(s.moved(ann, logIn(42)), logIn("42")) // as UserID says it
		for _, old := range []string{visitor, ann} {
			if s.entries(old) != nil {
				t.Error("the key from before the login opens a session")
			}
		}
		if got := s.visit(again, func(c *Call) {
			id, ok := c.Session().UserIDInt64()
			c.String(http.StatusOK, "%s %d %t %v", c.Session().UserID(), id, ok, c.Session().Get("cart"))
		}); got.body != "42 42 true tea" {
			t.Errorf("the session of the user: %s", got.body)
		}
		bob := s.moved(again, logIn("bob"))
		if s.entries(again) != nil {
			t.Error("the key of the other user's session opens one")
		}
		if got := s.visit(bob, func(c *Call) {
			_, ok := c.Session().UserIDInt64()
			c.String(http.StatusOK, "%s %t %v", c.Session().UserID(), ok, c.Session().Get("cart"))
		}); got.body != "bob false <nil>" {
			t.Errorf("the session of another user: %s", got.body)
		}
		got := s.visit(bob, func(c *Call) {
			c.Session().LogOut()
			c.String(http.StatusOK, "%q %t", c.Session().UserID(), c.Session().AuthenticatedAt().IsZero())
		})
		if got.body != `"" true` || got.cookieIs(bob) != "deleted" || len(s.rows()) != 0 {
			t.Errorf("after the logout: %s, the cookie is %q, %d rows", got.body, got.cookieIs(bob),
				len(s.rows()))
		}
		carl := s.moved(s.start(map[string]any{"_auth_user_id": "1", "cart": "tea"}), logIn(2))
		if e := s.entries(carl); e["_auth_user_id"] != nil || e["cart"] != nil {
			t.Errorf("over another user of Django's: %v", e)
		}
		if direct := s.moved("", logIn(uint8(7))); s.entries(direct)["_user"] != int64(7) {
			t.Errorf("without a session before: %v", s.entries(direct))
		}
	})
}

// Who has no identifier cannot log in, and nothing else of the request is saved then; nor can an
// entry of a name that a visitor has chosen.
func (on cases) TestLogInRefused(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	key := s.start(map[string]any{"n": 1})
	for name, page := range map[string]func(*Call){
		"nobody": logIn(""), "nil": logIn(nil), "a pointer": logIn(new(int)), "a fraction": logIn(1.5),
		"by name": set("_user", 1), "its time": set("_session_start", 1),
	} {
		got := s.visit(key, func(c *Call) { set("n", 2)(c); page(c) })
		if got.status != http.StatusInternalServerError || s.entries(key)["n"] != int64(1) ||
			len(s.entries(key)) != 1 {
			t.Errorf("%s: %d, and the session holds %v", name, got.status, s.entries(key))
		}
	}
}

// A login is fresh for as long as is asked, by the plugin's clock, and another one makes it so
// again; without one nothing is.
func (on cases) TestFreshLogin(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newSite(t, d)
		fresh := func(key string) string {
			return s.visit(key, func(c *Call) {
				at := c.Session().AuthenticatedAt()
				c.String(http.StatusOK, "%t %t", c.Session().IsFresh(10*time.Minute),
					at.IsZero() || s.clock.Now().Sub(at) < time.Hour)
			}).body
		}
		key := s.start(map[string]any{"n": 1})
		if got := fresh(key); got != "false true" {
			t.Errorf("a visitor: %s", got)
		}
		key = s.moved(key, logIn(1))
		for _, step := range []struct {
			after time.Duration
			want  string
		}{
			{0, "true true"}, {10*time.Minute - time.Second, "true true"}, {2 * time.Second, "false true"},
		} {
			s.clock.advance(step.after)
			s.visit(key, increment) // no use makes it fresh
			if got := fresh(key); got != step.want {
				t.Errorf("after %v more: %s, not %s", step.after, got, step.want)
			}
		}
		if got := fresh(s.moved(key, logIn(1))); got != "true true" {
			t.Errorf("after another login: %s", got)
		}
	})
}

// With WithNoStore what depends on the session of a user is kept by no cache, that of the browser
// included, unless the handler says something; what depends on a visitor's, or on none, is not.
func (on cases) TestNoStore(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithNoStore(),
		gormsession.WithClearSiteData())
	visitor := s.start(map[string]any{"name": "Ann", "n": 1})
	user := s.moved(visitor, logIn(1))
	visitor = s.start(map[string]any{"name": "Bob"})
	django := s.start(map[string]any{"_auth_user_id": "1"})
	for _, c := range []struct {
		name, key string
		page      func(*Call)
		want      string
	}{
		{"read", user, readName, "no-store"}, {"written", user, increment, "no-store"},
		{"not touched", user, untouched, ""}, {"a visitor", visitor, readName, "private"},
		{"nobody", "", readName, "private"}, {"Django's user", django, readName, "no-store"},
		{"as the handler says", user, func(c *Call) {
			c.Header("Cache-Control", "private, max-age=5")
			readName(c)
		}, "private, max-age=5"},
	} {
		got := s.visit(c.key, c.page)
		if is := got.header.Get("Cache-Control"); is != c.want {
			t.Errorf("%s: Cache-Control is %q, not %q", c.name, is, c.want)
		}
		if got.header.Get("Clear-Site-Data") != "" {
			t.Errorf("%s: Clear-Site-Data", c.name)
		}
	}
	got := s.visit(user, func(c *Call) { c.Session().LogOut(); c.Session().Flash("bye") })
	if is := got.header.Get("Clear-Site-Data"); is != `"cache", "storage"` {
		t.Errorf("a logout: Clear-Site-Data is %q", is)
	}
}

// A session ends when its absolute lifetime is over, however it is used and whatever it says of its
// expiry, and in the SELECT: the row has the earlier end. A login begins the time anew.
func (on cases) TestAbsoluteLifetime(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		use := map[string]func(*Call){
			"read": readName, "write": increment, "save": saves, "cleared": func(c *Call) {
				c.Session().Clear()
				increment(c)
			},
			"expiry": func(c *Call) { c.Session().SetExpiry(500 * time.Hour); increment(c) },
			"instant": func(c *Call) {
				c.Session().SetExpiryAt(time.Now().Add(5000 * time.Hour))
				increment(c)
			},
			"touch": pageT,
		}
		for name, page := range use {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := on.newSite(t, dbtest.New(t, d.Kind()), gormsession.WithAbsoluteLifetime(10*time.Hour),
					gormsession.WithLifetime(time.Hour), gormsession.WithRolling())
				key := s.start(map[string]any{"name": "Ann"})
				if name == "read" { // as after a login
					s.clock.advance(30 * time.Minute)
					key = s.moved(key, logIn(1))
				}
				for range 19 {
					s.clock.advance(30 * time.Minute)
					if got := s.visit(key, page); got.status != http.StatusOK || s.entries(key) == nil {
						t.Fatalf("%d, and the session is gone early\n%s", got.status, s.log)
					}
				}
				s.clock.advance(30*time.Minute - time.Second)
				if got := s.visit(key, page); got.status != http.StatusOK || s.entries(key) == nil {
					t.Fatalf("%d, and the session is gone a second early", got.status)
				}
				s.clock.advance(2 * time.Second)
				if s.entries(key) != nil {
					t.Error("the session lives on")
				}
				for _, r := range s.rows() {
					if r.expire.After(s.clock.Now()) {
						t.Errorf("a row lives until %v", r.expire)
					}
				}
			})
		}
	})
}

// An end that another writer of the row has put off, as Django does, does not bring it back; and a
// session from before the option begins with what it does next, be it a renewal alone.
func (on cases) TestAbsoluteLifetimeOfOthers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		before := on.newSite(t, d, gormsession.WithRolling(), gormsession.WithLifetime(time.Hour))
		key := before.start(map[string]any{"name": "Ann"})
		s := on.newSite(t, d, gormsession.WithAbsoluteLifetime(3*time.Hour),
			gormsession.WithLifetime(time.Hour), gormsession.WithRolling())
		alive := 0
		for range 12 {
			s.clock.advance(30 * time.Minute)
			if got := s.visit(key, readName); got.body == `"Ann"` {
				alive++
			}
		}
		if alive != 6 { // it began at the first of these requests, and ends with the seventh
			t.Errorf("a session from before has served %d requests", alive)
		}
		key = s.start(map[string]any{"name": "Bob"})
		s.clock.advance(3*time.Hour + time.Second)
		s.exec(fmt.Sprintf("UPDATE web_sessions SET expire_date = '%s' WHERE session_key = ?",
			s.clock.Now().UTC().Add(time.Hour).Format("2006-01-02 15:04:05.000000")), stored(key))
		if got := s.visit(key, readName); got.body != "null" {
			t.Errorf("an end that was put off: %s", got.body)
		}
	})
}

// Each named profile ends a session to the second: what is idle, and what is used all the time.
func (on cases) TestProfiles(t *testing.T) {
	for name, p := range map[string]struct {
		option         gormsession.Option
		idle, absolute time.Duration
	}{
		"AAL2": {gormsession.AAL2(), time.Hour, 24 * time.Hour},
		"AAL3": {gormsession.AAL3(), 15 * time.Minute, 12 * time.Hour},
		"bank": {gormsession.Bank(), 5 * time.Minute, 8 * time.Hour},
		"AAL1": {gormsession.AAL1(), 14 * 24 * time.Hour, 30 * 24 * time.Hour},
	} {
		s := on.newSite(t, dbtest.New(t, dbtest.SQLite), p.option)
		slack := time.Second
		if name == "AAL1" { // which demands nothing of what is idle
			slack = p.idle / 64
		}
		alive := func(key string) bool { return s.visit(key, readName).body == `"Ann"` }
		start := func() string {
			key := s.start(map[string]any{"name": "Ann"})
			return s.moved(key, logIn(1))
		}
		key := start()
		s.clock.advance(p.idle - time.Second)
		if name == "AAL1" {
			s.visit(key, increment)
		} else if !alive(key) {
			t.Errorf("%s: gone a second before it was idle for %v", name, p.idle)
		}
		s.clock.advance(p.idle + slack)
		if alive(key) {
			t.Errorf("%s: alive after %v", name, p.idle)
		}
		key = start()
		for used := time.Duration(0); used+p.idle/2 < p.absolute; used += p.idle / 2 {
			s.clock.advance(p.idle / 2)
			if got := s.visit(key, increment); got.status != 200 || !strings.HasPrefix(
				fmt.Sprint(s.entries(key)["name"]), "Ann") {
				t.Fatalf("%s: gone after %v", name, used)
			}
		}
		s.clock.advance(p.idle/2 + 2*time.Second)
		if alive(key) {
			t.Errorf("%s: alive after %v in use", name, p.absolute)
		}
	}
}
