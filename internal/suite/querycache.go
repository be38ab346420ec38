package suite

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Plugins that cache queries take the place of the callback gorm:query, and would answer with a
// session as it was, or with one that is gone. Nothing of the store passes it.
func (on cases) TestQueryCachesAreNotAsked(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		db := d.Open(t, c.Gorm())
		var asked atomic.Int32
		err := db.Callback().Query().Replace("gorm:query", func(*gorm.DB) { asked.Add(1) })
		if err != nil {
			t.Fatal(err)
		}
		former := gormsession.WithTable("former_sessions")
		old := on.newSiteOn(t, db, former)
		moving := old.start(map[string]any{"n": 1})
		s := on.newSiteOn(t, db, gormsession.WithFormer(former))
		key := s.start(map[string]any{"n": 0})
		steps := []struct {
			name string
			page func(*Call)
			want int64
		}{
			{"read", showCounter, 0},
			{"update", increment, 1},
			{"replay", func(c *Call) {
				_ = c.Session().Load()
				s.visit(key, increment)
				increment(c)
			}, 3},
			{"touch", func(c *Call) {
				s.clock.advance(24 * time.Hour)
				c.Session().Touch()
			}, 3},
			{"cycle", func(c *Call) {
				_ = c.Session().Load()
				s.visit(key, increment)
				c.Session().CycleKey()
			}, 4},
		}
		for _, step := range steps {
			got := s.visit(key, step.page)
			if got.cookie != nil {
				key = got.cookie.Value
			}
			if n := s.entries(key)["n"]; got.status != http.StatusOK || n != step.want {
				t.Errorf("%s was answered with %d, n is %v\n%s", step.name, got.status, n, s.log)
			}
		}
		ctx := t.Context()
		if moved, err := s.plugin.MoveFormer(ctx); err != nil || moved.Rows != 1 {
			t.Errorf("moved %v, %v", moved, err)
		}
		if found, err := s.plugin.Exists(ctx, moving); err != nil || !found {
			t.Errorf("Exists says %t, %v", found, err)
		}
		s.visit(key, func(c *Call) { c.Session().Flush() })
		if s.entries(key) != nil {
			t.Error("a session that was flushed is there")
		}
		s.clock.advance(365 * 24 * time.Hour)
		if n, err := s.plugin.ClearExpired(ctx); err != nil || n == 0 {
			t.Errorf("cleared %d, %v", n, err)
		}
		if err := s.plugin.Delete(ctx, moving); err != nil {
			t.Error(err)
		}
		if n := asked.Load(); n != 0 {
			t.Errorf("%d queries could have been answered by a cache", n)
		}
	})
}
