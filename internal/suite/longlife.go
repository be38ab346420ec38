package suite

import (
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A session that is to live for ever, as far as a Duration goes, has a cookie of the 400 days that
// browsers take, and never one that has ended already.
func (on cases) TestCookieOfALongLife(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for _, age := range []time.Duration{2 * year, 146 * year, 147 * year, 250 * year, math.MaxInt64} {
		pages := map[string]*site{
			"by itself": on.newSite(t, dbtest.New(t, dbtest.SQLite)),
			"by default": on.newSite(t, dbtest.New(t, dbtest.SQLite),
				gormsession.WithLifetime(min(age, 250*year))),
		}
		for how, s := range pages {
			got := s.visit("", func(c *Call) {
				c.Session().Set("name", "Ann")
				if how == "by itself" {
					c.Session().SetExpiry(age)
				}
			})
			if got.status != http.StatusOK || got.cookie == nil || got.cookie.MaxAge != 400*24*3600 ||
				!got.cookie.Expires.After(s.clock.Now()) {
				t.Errorf("%v, %s: %d %s", age, how, got.status, got.line)
			}
		}
	}
}
