package suite

import (
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A function of Modify's runs without the session's lock: a goroutine that it waits for may read
// the session, in the handler and in a replay.
func (on cases) TestModifyWaitsForAReader(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		s := on.newSiteWith(t, d, c.Gorm())
		key := s.start(map[string]any{"n": 5, "name": "Ann"})
		runs := 0
		got := modifyAmid(s, key, func(session *gormsession.State, _ bool, n int) int {
			runs++
			read := make(chan any)
			go func() {
				_ = session.Key()
				_ = session.String()
				_, _ = session.Load(), session.Keys()
				read <- session.Get("name")
			}()
			select {
			case name := <-read:
				if name != "Ann" {
					t.Errorf("run %d: the name is %v", runs, name)
				}
			case <-time.After(10 * time.Second):
				t.Errorf("run %d: it waits for ever", runs)
			}
			return n + 1
		})
		n := s.entries(key)["n"]
		if got.status != http.StatusOK || n != int64(101) || runs != 2 {
			t.Errorf("%d after %d runs, and n is %v", got.status, runs, n)
		}
	})
}

// One that changes the session is waited for while the function runs again in a save: where that
// waits in turn, both end when the time of the save is over, with the error that names the cause.
func (on cases) TestModifyWaitsForAWriter(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithTimeout(time.Second/2))
	for _, what := range []string{"Set", "another entry", "Touch", "Save", "Flush"} {
		change := meddling[what]
		key := s.start(map[string]any{"n": 5, "name": "Ann"})
		before := len(s.log.String())
		got := modifyAmid(s, key, func(session *gormsession.State, again bool, n int) int {
			if again {
				done := make(chan struct{})
				go func() {
					defer close(done)
					change(session)
				}()
				<-done
			}
			return n + 1
		})
		entries := s.entries(key)
		if got.status != http.StatusInternalServerError ||
			entries["n"] != int64(100) || entries["name"] != "Ann" {
			t.Errorf("%s: %d, and the session holds %v", what, got.status, entries)
		}
		if log := s.log.String()[before:]; !strings.Contains(log, gormsession.ErrReentrant.Error()) {
			t.Errorf("%s: the log says %s", what, log)
		}
		s.visit(key, increment)
		if n := s.entries(key)["n"]; n != int64(101) {
			t.Errorf("%s: the next request has left %v", what, n)
		}
	}
}

// One that merely comes at that time waits, and what it changes is saved.
func (on cases) TestChangeAmidAReplay(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	key := s.start(map[string]any{"n": 5})
	begun := make(chan struct{})
	got := s.visit(key, func(c *Call) {
		session, runs := c.Session(), 0
		counter.Modify(session, func(n int) int {
			if runs++; runs == 2 {
				close(begun)
				for range 1000 {
					runtime.Gosched() // lets the other one come
				}
			}
			return n + 1
		})
		s.visit(key, func(c *Call) { counter.Set(c.Session(), 100) })
		other := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			gormsession.Field[int]("other").Modify(session, func(n int) int {
				close(other)
				<-begun
				return n + 1
			})
		})
		<-other
		wg.Go(func() {
			<-begun
			session.Set("late", true)
			counter.Modify(session, plusOne)
		})
		if err := session.Save(); err != nil {
			t.Error(err)
		}
		wg.Wait()
	})
	entries := s.entries(key)
	if got.status != http.StatusOK || entries["late"] != true || entries["n"] != int64(102) ||
		entries["other"] != int64(1) {
		t.Errorf("%d, and the session holds %v", got.status, entries)
	}
}

// A handler that returns while a save on another goroutine hangs, in a function of Modify's that
// runs again, is not answered as if all was saved.
func (on cases) TestHandlerReturnsAmidASaveThatHangs(t *testing.T) {
	over := make(chan struct{})
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithTimeout(time.Second/2),
		gormsession.WithErrorHandler(func(http.ResponseWriter, *http.Request, error) bool {
			close(over)
			return true
		}))
	key := s.start(map[string]any{"n": 5})
	saved := make(chan struct{})
	got := s.visit(key, func(c *Call) {
		session, runs, hangs := c.Session(), 0, make(chan struct{})
		counter.Modify(session, func(n int) int {
			if runs++; runs == 2 {
				close(hangs)
				select {
				case <-over:
				case <-time.After(10 * time.Second): // nobody has noticed
				}
			}
			return n + 1
		})
		s.visit(key, func(c *Call) { counter.Set(c.Session(), 100) })
		go func() {
			defer close(saved)
			_ = session.Save()
		}()
		<-hangs
	})
	<-saved
	if n := s.entries(key)["n"]; got.status != http.StatusInternalServerError || n != int64(100) {
		t.Errorf("%d, and n is %v", got.status, n)
	}
}
