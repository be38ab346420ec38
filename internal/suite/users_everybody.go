package suite

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// After EndEverybody no session is left that was there before, of thousands, also of one that gets
// a new key all the time, and of one that never ends; the request that has asked for it is logged
// out, too.
func (on cases) TestEndEverybody(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		s := on.fresh(t, d, c)
		s.plant(2100, s.clock.Now().Add(time.Hour))
		never := time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC)
		s.visit("", func(c *Call) { c.Session().SetExpiryAt(never) })
		admin, intruder := s.start(map[string]any{"n": 0}), s.start(map[string]any{"n": 0})
		stop := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if got := s.visit(intruder, func(c *Call) {
					if c.Session().Has("n") {
						c.Session().CycleKey()
					}
				}); got.cookieIs(intruder) == "new" {
					intruder = got.cookie.Value
				}
			}
		})
		got := s.visit(admin, func(c *Call) {
			n, err := s.plugin.EndEverybody(c.Request.Context())
			c.String(200, "%v %v", n >= 2103, err)
		})
		close(stop)
		wg.Wait()
		if got.body != "true <nil>" || got.cookieIs(admin) != "deleted" || len(s.rows()) != 0 {
			t.Errorf("%d %s, the cookie is %q, %d rows are left", got.status, got.body,
				got.cookieIs(admin), len(s.rows()))
		}
		if n, err := s.plugin.EndEverybody(context.Background()); n != 0 || err != nil {
			t.Error(n, err)
		}
	})
}
