package suite

import (
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A teller is the way in which a client is told of its key.
type teller struct {
	name  string
	visit func(s *site, key string, page func(*Call)) reply
	told  func(t *testing.T, r reply) string // the key that a response tells it, if any, or "forget"
}

// tellers are that of clients without cookies, and that of browsers at a tenant of the site.
var tellers = []teller{
	{
		name:  "header",
		visit: func(s *site, key string, page func(*Call)) reply { return s.call(page, key) },
		told:  func(_ *testing.T, r reply) string { return r.told() },
	},
	{
		name: "cookie",
		visit: func(s *site, key string, page func(*Call)) reply {
			return s.visit(key, page, at("www.a.example"))
		},
		told: func(t *testing.T, r reply) string {
			t.Helper()
			want := "session; Path=/; Domain=a.example; HttpOnly; SameSite=Lax"
			if r.told() != "" {
				t.Errorf("a browser is told in the header")
			}
			switch {
			case r.cookie == nil:
				return ""
			case !maps.Equal(attributesOf(r.line), attributesOf(want)):
				t.Errorf("%s, want %s", r.line, want)
			}
			if r.cookieIs("") == "deleted" {
				return "forget"
			}
			return r.cookie.Value
		},
	},
}

var forTellers = gormsession.WithOptions(
	gormsession.WithKeyHeader(keyField), gormsession.WithCookieFor(tenants))

// A key that is replaced by itself is told where the client keeps it, and once more to who comes
// with the one before, who ends the session by it too.
func (on cases) TestKeyRotationIsToldInTheHeader(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), forTellers,
		gormsession.WithKeyRotation(time.Hour), gormsession.WithLifetime(64*time.Hour))
	for _, c := range tellers {
		first := c.told(t, c.visit(s, "", writeName("Ann")))
		s.clock.advance(61 * time.Minute)
		got := c.visit(s, first, readName)
		second := c.told(t, got)
		if len(second) != 32 || second == first || got.body != `"Ann"` {
			t.Fatalf("%s: %d %s, told %q\n%s", c.name, got.status, got.body, second, s.log)
		}
		got.wantsNoCache(t, c.name)
		for range 2 { // the response may have been lost
			if got := c.visit(s, first, readName); got.body != `"Ann"` || c.told(t, got) != second {
				t.Errorf("%s, the key before: %s, told %q", c.name, got.body, c.told(t, got))
			}
		}
		if got := c.visit(s, second, readName); got.body != `"Ann"` || c.told(t, got) != "" {
			t.Errorf("%s, the new key: %s, told %q", c.name, got.body, c.told(t, got))
		}
		if got := c.visit(s, first, pageF); c.told(t, got) != "forget" || len(s.rows()) != 0 {
			t.Errorf("%s, ended: told %q, %d rows", c.name, c.told(t, got), len(s.rows()))
		}
	}
}

// The key of a session that is new, or of a login, in a transaction of the application's is told
// where the client keeps it if that was committed; after a rollback nobody is told any.
func (on cases) TestSaveInIsToldInTheHeader(t *testing.T) {
	s := on.newShop(t, dbtest.New(t, dbtest.SQLite), dbtest.Config{}, "web_sessions", forTellers)
	login := func(session *gormsession.State) { session.LogIn("ann") }
	for _, c := range tellers {
		for name, change := range map[string]func(*gormsession.State){"new": emptyCart, "login": login} {
			key := ""
			if name == "login" {
				key = c.told(t, c.visit(s.site, "", writeName("Ann")))
			}
			for _, failing := range []error{errNoStock, nil} {
				before := s.rows()
				got := c.visit(s.site, key, func(call *Call) {
					if err := s.order(call, change, failing); err != failing {
						t.Errorf("%s, %s: %v", c.name, name, err)
					}
				})
				told := c.told(t, got)
				switch {
				case got.status != http.StatusOK:
					t.Errorf("%s, %s: %d", c.name, name, got.status)
				case failing != nil && (told != "" || !maps.Equal(s.rows(), before)):
					t.Errorf("%s, %s, rolled back: told %q", c.name, name, told)
				case failing == nil && (len(told) != 32 || told == key || s.entries(told) == nil):
					t.Errorf("%s, %s, committed: told %q\n%s", c.name, name, told, s.log)
				}
			}
		}
	}
}
