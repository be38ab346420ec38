package suite

import (
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Over HTTP: whose row it is decides how long the cookie lives, by the expiry that the row has got
// in this very response.
func (on cases) TestCookieOfARow(t *testing.T) {
	const day, most = 24 * time.Hour, 400 * 24 * 3600
	ceil := func(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		for name, opts := range map[string][]gormsession.Option{
			"defaults": nil, "rolling": {gormsession.WithRolling()},
			"no step": {gormsession.WithExpiryStep(0)},
		} {
			exact := name == "no step"
			s := on.newSiteWith(t, d, c.Gorm(), opts...)
			at := s.clock.Now().Add(day + 300*time.Millisecond)
			for what, test := range map[string]struct {
				page func(*Call)
				age  time.Duration // of a moving lifetime
			}{
				"the standard lifetime": {writeName("Bob"), 14 * day},
				"a cycle":               {pageC, 14 * day},
				"an age": {func(c *Call) {
					c.Session().SetExpiry(90 * time.Minute)
				}, 90 * time.Minute},
				"an age, saved": {func(c *Call) {
					c.Session().SetExpiry(90 * time.Minute)
					_ = c.Session().Save()
				}, 90 * time.Minute},
				"years": {func(c *Call) { c.Session().SetExpiry(1000 * day) },
					1000 * day},
				"an instant":           {func(c *Call) { c.Session().SetExpiryAt(at) }, 0},
				"until the browser is": {func(c *Call) { c.Session().SetBrowserSession() }, -1},
			} {
				key := s.start(map[string]any{"name": "Ann"})
				got := s.visit(key, test.page)
				if got.cookie == nil {
					t.Errorf("%s, %s: no cookie", name, what)
					continue
				}
				left := s.rows()[stored(got.cookie.Value)].expire.Sub(s.clock.Now())
				want := min(ceil(left+test.age), most)
				switch {
				case test.age < 0:
					want = 0 // none
				case exact && test.age == 0:
					want = int(left / time.Second)
				case exact:
					want = ceil(test.age)
				}
				if got.cookie.MaxAge != want || got.cookie.Expires.IsZero() != (want == 0) {
					t.Errorf("%s, %s: %s, and the row has %v left: want %d", name, what, got.line, left, want)
				}
			}
		}
	})
}

// Who comes once in a lifetime stays logged in, and one who comes all the time needs 64 cookies for
// it.
func (on cases) TestCookieIsRenewedInTime(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithRolling())
	got := s.visit("", writeName("Ann"))
	key, ends := got.cookie.Value, s.clock.Now().Add(time.Duration(got.cookie.MaxAge)*time.Second)
	for i, pause := range []time.Duration{13, 1, 13, 13, 2, 12, 1, 1, 13} {
		s.clock.advance(pause * 24 * time.Hour)
		if !s.clock.Now().Before(ends) {
			t.Fatalf("visit %d: the cookie has ended", i)
		}
		got := s.visit(key, pageR)
		if got.body != `"Ann"` {
			t.Fatalf("visit %d: %s", i, got.body)
		}
		if got.cookie != nil {
			ends = s.clock.Now().Add(time.Duration(got.cookie.MaxAge) * time.Second)
		}
	}
}
