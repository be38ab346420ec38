package suite

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Many writers of one session wait for each other, for as long as they have time and not for so
// many tries: nobody is sent away.
func (on cases) TestManyWritersOfOneSession(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		s := on.newSiteWith(t, d, c.Gorm())
		key := s.start(map[string]any{"n": 0})
		var commits atomic.Int32
		s.statements.Fail(func(sql string) error {
			if sql == "COMMIT" && commits.Add(1)%3 != 0 {
				return rollbacks[d.Kind()][0] // as a cluster does under such a load
			}
			return nil
		})
		const writers, each = 32, 4
		var wg sync.WaitGroup
		for range writers {
			wg.Go(func() {
				for range each {
					if got := s.visit(key, increment); got.status != http.StatusOK {
						t.Errorf("answered with %d\n%s", got.status, s.log)
					}
				}
			})
		}
		wg.Wait()
		if n := s.entries(key)["n"]; n != int64(writers*each) {
			t.Errorf("n is %v of %d", n, writers*each)
		}
	})
}
