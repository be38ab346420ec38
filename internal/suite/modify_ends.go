package suite

import (
	"net/http"
	"runtime"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A function that has another goroutine change its own entry ends with an error.
func (on cases) TestModifyWithoutRest(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	key := s.start(map[string]any{"n": 1})
	got := s.visit(key, func(c *Call) {
		session := c.Session()
		counter.Modify(session, func(n int) int {
			done := make(chan struct{})
			go func() {
				defer close(done)
				counter.Set(session, n+1)
			}()
			<-done
			return n + 1
		})
	})
	if got.status != http.StatusInternalServerError || s.entries(key)["n"] != int64(1) {
		t.Errorf("%d, and the session holds %v", got.status, s.entries(key))
	}
	s.log.wants(t, "the entry changes whenever the function of Modify runs")
}

// A panic in the function leaves no lock behind, in the handler and in a replay.
func (on cases) TestModifyThatPanics(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		s := on.newSiteWith(t, d, c.Gorm())
		for what, leave := range map[string]func(){
			"panic":  func() { panic("no") },
			"Goexit": runtime.Goexit,
		} {
			key := s.start(map[string]any{"n": 5})
			got := s.visit(key, func(c *Call) {
				session, left := c.Session(), make(chan struct{})
				go func() {
					defer close(left)
					defer func() { _ = recover() }()
					counter.Modify(session, func(int) int { leave(); return 0 })
				}()
				<-left
				c.String(http.StatusOK, "%d", counter.Modify(session, plusOne))
			})
			if got.body != "6" {
				t.Errorf("%s: the session gave %d %s afterwards", what, got.status, got.body)
			}
		}
		for _, late := range []bool{false, true} {
			key := s.start(map[string]any{"n": 5})
			got := modifyAmid(s, key, func(_ *gormsession.State, again bool, n int) int {
				if again == late {
					panic("no")
				}
				return n + 1
			})
			want := map[bool]int64{false: 5, true: 100}[late] // the other request came after the first run
			n := s.entries(key)["n"]
			if got.status != http.StatusInternalServerError || got.cookie != nil || n != want {
				t.Errorf("again %t: %d, %s, and n is %v", late, got.status, got.line, n)
			}
			if got := s.visit(key, increment); got.status != http.StatusOK {
				t.Errorf("again %t: the next request got %d", late, got.status)
			}
		}
		pool, _ := s.db.DB()
		if n := pool.Stats().InUse; n != 0 {
			t.Errorf("%d connections were kept", n)
		}
	})
}
