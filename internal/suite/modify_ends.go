package suite

import (
	"net/http"
	"runtime"
	"testing"

	"gorm.io/gorm"

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

// What Modify has returned is what its request saw, also where another one was quicker: what is
// stored is what the session has after the save, and what the function was given last.
func (on cases) TestWhatModifyReturned(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newSite(t, d)
		for way, save := range map[string]func(session *gormsession.State) error{
			"Save": (*gormsession.State).Save,
			"SaveIn": func(session *gormsession.State) error {
				return s.db.Transaction(func(tx *gorm.DB) error { return session.SaveIn(tx) })
			},
		} {
			key := s.start(map[string]any{"n": 0})
			got := s.visit(key, func(c *Call) {
				last := 0
				n := counter.Modify(c.Session(), func(n int) int { last = n + 1; return last })
				if other := s.visit(key, increment); other.body != "1" {
					t.Errorf("%s: the other request was answered with %s", way, other.body)
				}
				err := save(c.Session())
				c.String(http.StatusOK, "%d %v %d %d", n, err, counter.Or(c.Session(), 0), last)
			})
			if got.body != "1 <nil> 2 2" {
				t.Errorf("%s: %d %s", way, got.status, got.body)
			}
		}
	})
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
