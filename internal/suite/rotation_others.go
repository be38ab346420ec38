package suite

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

var hourly = gormsession.WithOptions(
	gormsession.WithKeyRotation(time.Hour), gormsession.WithLifetime(64*time.Hour))

// A row holds no key that opens a session, also where the session came from a table of plain keys.
func (on cases) TestKeyRotationFromPlainKeys(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		r := on.newRelocation(t, d)
		s := on.newSite(t, d, oldCookie, hourly, gormsession.WithFormer(oldSettings))
		s.cookieName = "sessionid"
		key := r.old.start(map[string]any{"name": "Ann"})
		next := s.moved(key, showName)
		for at, row := range s.rows() {
			if strings.Contains(row.data, key) {
				t.Errorf("the row %.8s holds the key of before as plain text, which opens %q", at,
					s.visit(key, showName).body)
			}
		}
		s.clock.advance(61 * time.Minute)
		s.moved(next, showName)
		if n := len(s.rows()); n != 2 {
			t.Errorf("%d rows: that of the key before the last was not dropped", n)
		}
	})
}

// A browser that has the old key and the new one has one session.
func (on cases) TestKeyRotationTwoCookies(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newSite(t, d, hourly)
		first := s.start(map[string]any{"name": "Ann"})
		s.clock.advance(61 * time.Minute)
		// The cookie's Domain was changed: the browser has another one of that name, and a dead one.
		got := s.tossed(showName, first, deadKey(1))
		if got.cookie == nil || got.body != "Ann" {
			t.Fatalf("%d %s", got.status, got.body)
		}
		second := got.cookie.Value
		if got = s.tossed(showName, first, second); got.body != "Ann" {
			t.Errorf("both keys of one session: %s", got.body)
		}
		got = s.tossed(logIn("ann"), first, second)
		if got.cookie == nil {
			t.Fatal("no login")
		}
		third := got.cookie.Value
		if got = s.tossed(func(c *Call) { c.String(200, "%s", c.Session().UserID()) }, first,
			third); got.body != "ann" {
			t.Errorf("after a login beside the old key: user %q", got.body)
		}
	})
}

// A logout that fails half way reaches the session when it is tried again.
func (on cases) TestKeyRotationLogoutRetried(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newSite(t, d, hourly, gormsession.WithTimeout(time.Second))
		first := s.start(map[string]any{"name": "Ann"})
		s.clock.advance(61 * time.Minute)
		second := s.moved(first, showName)
		var deletes atomic.Int32
		s.statements.Fail(func(sql string) error {
			if strings.HasPrefix(sql, "DELETE") && deletes.Add(1) > 1 {
				return errors.New("the disk is full")
			}
			return nil
		})
		out := func(c *Call) { c.Session().Flush() }
		if got := s.visit(first, out); got.status == http.StatusOK {
			t.Errorf("a logout that has failed: %d", got.status)
		}
		s.statements.Fail(nil)
		got := s.visit(first, out)
		if n := s.live(t); n != 0 {
			t.Errorf("the second logout: %d, cookie %q, and %d session is alive: the new key opens %q",
				got.status, got.cookieIs(first), n, s.visit(second, showName).body)
		}
	})
}

// Servers without the option lose no write and no login beside those that have it, and those that
// only follow what others rotate, as while it is rolled out, no logout either.
func (on cases) TestKeyRotationBesideAServerWithout(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		plain := on.newSite(t, d, gormsession.WithLifetime(64*time.Hour))
		s := on.newSite(t, d, hourly)
		meanwhile := func(page func(*Call)) (next string, got reply, first string) {
			first = plain.start(map[string]any{"name": "Ann"})
			s.clock.advance(61 * time.Minute)
			got = plain.visit(first, func(c *Call) {
				c.Session().Get("name")
				next = s.moved(first, showName)
				page(c)
			})
			return next, got, first
		}
		next, got, _ := meanwhile(func(c *Call) { c.Session().Set("x", true) })
		if e := s.entries(next); got.status == 200 && e["x"] != true {
			t.Errorf("a write was answered with 200 and is lost: %v", e)
		}
		next, got, _ = meanwhile(logIn("ann"))
		if got.status == 200 && got.cookie != nil {
			if e := s.entries(got.cookie.Value); e["_user"] != "ann" {
				t.Errorf("a login was answered with 200, and its key opens %v", e)
			}
			if e := s.entries(next); e != nil {
				t.Errorf("and the session of before is alive beside it: %v", e)
			}
		}
		plain = on.newSite(t, d, gormsession.WithLifetime(64*time.Hour),
			gormsession.WithKeyRotation(100*365*24*time.Hour))
		next, got, first := meanwhile(func(c *Call) { c.Session().Flush() })
		if e := s.entries(next); e != nil {
			t.Errorf("a logout was answered with %d, cookie %q, and the session is alive: %v",
				got.status, got.cookieIs(first), e)
		}
		first = s.start(map[string]any{"name": "Ann"})
		s.clock.advance(61 * time.Minute)
		next = s.moved(first, showName)
		got = plain.visit(first, func(c *Call) { c.Session().Flush() })
		if e := s.entries(next); e != nil {
			t.Errorf("turned off, a logout by the key before: %d, cookie %q, and the session is alive: %v",
				got.status, got.cookieIs(first), e)
		}
	})
}

// A touch at the moment of a rotation renews the session.
func (on cases) TestKeyRotationTouchMeanwhile(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newSite(t, d, hourly)
		key := s.start(map[string]any{"name": "Ann"})
		s.clock.advance(20 * time.Hour)
		next := ""
		s.visit(key, func(c *Call) {
			c.Session().Get("name")
			next = s.moved(key, showName)
			c.Session().Touch()
		})
		if left := s.rows()[stored(next)].expire.Sub(s.clock.Now()); left < 64*time.Hour {
			t.Errorf("after the touch the session has %v left", left)
		}
	})
}

// The end of a session by its row, as from a list of devices, reaches it also if it has got another
// key since.
func (on cases) TestKeyRotationAndDeleteRow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newSite(t, d, hourly)
		first := s.start(map[string]any{"name": "Ann"})
		listed := gormsession.Session{SessionKey: stored(first)}
		s.clock.advance(61 * time.Minute)
		second := s.moved(first, showName)
		if err := s.plugin.DeleteRow(t.Context(), listed); err != nil {
			t.Error(err)
		}
		if got := s.visit(second, showName); got.body != "<nil>" || len(s.rows()) != 0 {
			t.Errorf("the session is alive: %s, %d rows", got.body, len(s.rows()))
		}
	})
}
