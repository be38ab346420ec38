package suite

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// overtaking are pages that may set the cookie, by the options that they need.
var overtaking = []struct {
	name string
	page func(*Call)
	opts []gormsession.Option
}{
	{"untouched, saved every time", pageS, []gormsession.Option{gormsession.WithSaveEveryRequest()}},
	{"read, saved every time", pageR, []gormsession.Option{gormsession.WithSaveEveryRequest()}},
	{"read, rolling", pageR, []gormsession.Option{gormsession.WithRolling()}},
	{"touch", pageT, nil},
	{"touch and read", func(c *Call) { pageT(c); pageR(c) }, nil},
	{"the value that it was", writeName("Ann"), nil},
	{"the value that it was, rolling", writeName("Ann"),
		[]gormsession.Option{gormsession.WithRolling()}},
	{"set and delete", func(c *Call) {
		c.Session().Set("n", 1)
		c.Session().Delete("n")
	}, nil},
	{"nothing set", func(c *Call) { c.Session().SetAll(nil) }, nil},
	{"a value that stays", func(c *Call) { c.Session().Modify("name", same) }, nil},
	{"an expiry that is reset", func(c *Call) { c.Session().ResetExpiry() }, nil},
	{"another value", writeName("Bob"), nil},
	{"a new key", pageC, nil},
	{"cleared", pageX, nil},
	{"saved", func(c *Call) { _ = c.Session().Save() }, nil},
}

func same(old any) any { return old }

// A request that had loaded the session before a login gave it another key, and that is answered
// after it, does not put the dead key in the place of the new one: whatever it does, whether the
// expiry step has passed or not, and also where there are no steps. Nor does it delete the cookie.
func (on cases) TestRequestThatIsOvertaken(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		for _, o := range overtaking {
			for _, exact := range []bool{false, true} {
				opts := o.opts
				if exact {
					opts = append(opts[:len(opts):len(opts)], gormsession.WithExpiryStep(0))
				}
				s := on.newSiteWith(t, d, c.Gorm(), opts...)
				for _, later := range []time.Duration{0, time.Minute, 24 * time.Hour} {
					key := s.start(map[string]any{"name": "Ann"})
					s.clock.advance(later)
					var login reply
					got := s.visit(key, func(c *Call) {
						_ = c.Session().Load()
						login = s.visit(key, pageC)
						o.page(c)
					})
					if login.cookieIs(key) != "new" || s.entries(login.cookie.Value)["name"] != "Ann" {
						t.Fatalf("%s: the login was answered with %d %s", o.name, login.status, login.line)
					}
					if got.cookie != nil {
						t.Errorf("%s, %v later, exact %t: %d %s", o.name, later, exact, got.status, got.line)
					}
					if got.status != http.StatusOK && got.status != http.StatusBadRequest {
						t.Errorf("%s, %v later: %d %s", o.name, later, got.status, got.body)
					}
				}
			}
		}
	})
}

// A request that was sent with the old key and is served after the login leaves the new cookie
// alone, as far as it stores nothing: at every status, where it panics, and where it is answered by
// an error.
func (on cases) TestRequestWithTheOldKey(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		for name, opts := range map[string][]gormsession.Option{
			"defaults": nil, "rolling": {gormsession.WithRolling()},
			"every request": {gormsession.WithSaveEveryRequest()},
			"no step":       {gormsession.WithExpiryStep(0)},
		} {
			s := on.newSiteWith(t, d, c.Gorm(), opts...)
			key := s.start(map[string]any{"name": "Ann"})
			if login := s.visit(key, pageC); login.cookieIs(key) != "new" {
				t.Fatalf("the login was answered with %d %s", login.status, login.line)
			}
			for what, page := range map[string]func(*Call){
				"untouched": pageS, "read": pageR, "touch": pageT, "discard": pageD,
				"read, 404":    func(c *Call) { pageR(c); c.Status(http.StatusNotFound) },
				"read, 500":    func(c *Call) { c.Session().Get("name"); c.Status(500) },
				"written, 500": func(c *Call) { c.Session().Clear(); c.Status(500) },
				"cycled, 500":  func(c *Call) { pageC(c); c.Status(500) },
				"a panic": func(c *Call) {
					c.Session().Get("name")
					panic("in the handler")
				},
				"no JSON":       func(c *Call) { c.Session().Set("name", make(chan int)) },
				"the key alone": func(c *Call) { c.String(200, "%t", c.Session().Key() == "") },
				"looked up":     func(c *Call) { _ = c.Session().Load(); pageT(c) },
				"missing entry": func(c *Call) {
					c.Session().Delete("n")
					c.Session().Pop("n")
				},
			} {
				if got := s.visit(key, page); got.cookie != nil {
					t.Errorf("%s, %s: %d %s", name, what, got.status, got.line)
				}
			}
		}
	})
}

// An unknown cookie is Django's to delete where the application says so, and in Django's own table.
func (on cases) TestUnknownCookieDeleted(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithUnknownCookieDeleted())
	for _, request := range []string{"unknown", "expired"} {
		for name, page := range map[string]func(*Call){"R": pageR, "touch": pageT,
			"discard": pageD, "500": func(c *Call) {
				pageR(c)
				c.Status(500)
			}} {
			key := s.bring(request)
			if got := s.visit(key, page); got.cookieIs(key) != "deleted" {
				t.Errorf("%s, %s: %s", request, name, got.line)
			}
			if got := s.visit(key, pageS); got.cookie != nil {
				t.Errorf("%s, untouched: %s", request, got.line)
			}
		}
	}
}

// A login may come between a Save and the answer, so the cookie leaves only where the commit finds
// the session alive, which it looks for where the Save has moved its end.
func (on cases) TestCookieAfterSave(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		s := on.newSiteWith(t, d, c.Gorm())
		save := func(c *Call) {
			if err := c.Session().Save(); err != nil {
				t.Error(err)
			}
		}
		key := s.start(map[string]any{"name": "Ann"})
		write := func(c *Call) { pageW(c); save(c) }
		if got := s.visit(key, write); got.cookie != nil {
			t.Errorf("written and saved within a step: %d %s", got.status, got.line)
		}
		s.clock.advance(24 * time.Hour)
		if got := s.visit(key, write); got.cookieIs(key) != "refreshed" {
			t.Errorf("written and saved in a later step: %d %s", got.status, got.line)
		}
		if got := s.visit(key, func(c *Call) {
			c.Session().SetBrowserSession()
			save(c)
		}); got.cookieIs(key) != "refreshed" || got.cookie.MaxAge != 0 {
			t.Errorf("a browser session by Save: %d %s", got.status, got.line)
		}
		ended := s.start(map[string]any{"name": "Ann"})
		s.clock.advance(24 * time.Hour)
		if got := s.visit(ended, func(c *Call) {
			write(c)
			s.visit(ended, pageC)
		}); got.cookie != nil {
			t.Errorf("a login between the Save and the answer: %d %s", got.status, got.line)
		}
		if got := s.visit(key, save); got.cookie != nil ||
			strings.HasSuffix(got.verbs(), "SELECT") {
			t.Errorf("saved alone: %s, %s", got.line, got.verbs())
		}
		// Whoever comes each day is never without a cookie, though it is Save that renews.
		for name, opts := range map[string][]gormsession.Option{
			"touch": nil, "rolling": {gormsession.WithRolling()},
			"every request": {gormsession.WithSaveEveryRequest()},
		} {
			s := on.newSiteWith(t, d, c.Gorm(), opts...)
			key := s.start(map[string]any{"name": "Ann"})
			s.clock.advance(24 * time.Hour)
			if got := s.visit(key, func(c *Call) {
				if opts == nil {
					c.Session().Touch()
				}
				save(c)
			}); got.cookieIs(key) != "refreshed" {
				t.Errorf("renewed by Save, %s: %d %s", name, got.status, got.line)
			}
		}
		s.clock.advance(24 * time.Hour)
		if got := s.visit(key, func(c *Call) {
			write(c)
			save(c)
		}); got.cookieIs(key) != "refreshed" {
			t.Errorf("saved twice: %d %s", got.status, got.line)
		}
		s.clock.advance(24 * time.Hour)
		if got := s.visit(key, func(c *Call) {
			write(c)
			c.Session().Discard()
			pageW(c)
		}); got.cookie != nil || strings.HasSuffix(got.verbs(), "SELECT") {
			t.Errorf("saved and discarded: %s, %s", got.line, got.verbs())
		}
		s.clock.advance(24 * time.Hour)
		cycled := s.visit(key, func(c *Call) {
			pageC(c)
			save(c)
		})
		if cycled.cookieIs(key) != "new" || strings.HasSuffix(cycled.verbs(), "SELECT") {
			t.Fatalf("cycled by Save: %d %s, %s", cycled.status, cycled.line, cycled.verbs())
		}
		key = cycled.cookie.Value
		got := s.visit(key, func(c *Call) {
			writeName("Eve")(c)
			save(c)
			s.visit(key, pageC)
			c.Session().Set("n", 1)
		})
		if got.status != http.StatusBadRequest || got.cookie != nil {
			t.Errorf("gone after Save: %d %s", got.status, got.line)
		}
		// A new row is told at any status, but not once it is gone.
		if got := s.visit("",
			func(c *Call) { pageW(c); save(c); c.Status(500) }); got.cookieIs("") != "new" {
			t.Errorf("made by Save: %d %s", got.status, got.line)
		}
		if got := s.visit("", write); got.cookieIs("") != "new" ||
			strings.HasSuffix(got.verbs(), "SELECT") {
			t.Errorf("made by Save: %d %s, %s", got.status, got.line, got.verbs())
		}
		got = s.visit("", func(c *Call) {
			pageW(c)
			save(c)
			if err := s.plugin.Delete(c.Request.Context(), c.Session().Key()); err != nil {
				t.Error(err)
			}
			c.Session().Set("n", 1)
		})
		if got.status != http.StatusBadRequest || got.cookie != nil {
			t.Errorf("made by Save and gone: %d %s", got.status, got.line)
		}
	})
}
