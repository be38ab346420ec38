package suite

import (
	"errors"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

const token = gormsession.Field[string]("token")

// Of any number of requests at once, on two nodes and among others that write, exactly one gets
// what Take takes, and what they wrote is kept.
func (on cases) TestTakeIsOnceOnly(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		nodes := []*site{on.fresh(t, d, c), on.fresh(t, d, c)}
		for range 3 {
			key := nodes[0].start(map[string]any{"token": "once", "n": 0})
			var wg sync.WaitGroup
			var taken atomic.Int32
			for i := range 16 {
				wg.Go(func() {
					got := nodes[i%2].visit(key, func(c *Call) {
						if i%4 == 3 {
							increment(c)
						} else if v, ok := token.Take(c.Session()); ok && v == "once" {
							taken.Add(1)
						}
					})
					if got.status != http.StatusOK {
						t.Errorf("answered with %d", got.status)
					}
				})
			}
			wg.Wait()
			entries := nodes[0].entries(key)
			if taken.Load() != 1 || entries["n"] != int64(4) || len(entries) != 1 {
				t.Errorf("%d have taken it, and the session holds %v", taken.Load(), entries)
			}
		}
	})
}

// What could not be saved was not taken: nobody is told that it was, the response is the error's,
// and the entry is there for another try.
func (on cases) TestTakeThatIsNotSaved(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newSite(t, d, gormsession.WithTimeout(300*time.Millisecond))
		key := s.start(map[string]any{"token": "once"})
		s.statements.Fail(func(sql string) error {
			if strings.HasPrefix(sql, "UPDATE") {
				return errors.New("the disk is full")
			}
			return nil
		})
		s.visit(key, func(c *Call) {
			session := c.Session()
			session.Set("other", 1)
			if v, ok := token.Take(session); ok || v != "" || session.Err() == nil {
				t.Errorf("took %q, %t, and Err is %v", v, ok, session.Err())
			}
		}).unavailable(t)
		s.statements.Fail(nil)
		if entries := s.entries(key); len(entries) != 1 || entries["token"] != "once" {
			t.Errorf("the session holds %v", entries)
		}
		if got := s.visit(key, func(c *Call) {
			v, ok := token.Take(c.Session())
			c.String(http.StatusOK, "%s %t", v, ok)
		}); got.body != "once true" {
			t.Errorf("afterwards: %d %s", got.status, got.body)
		}
	})
}

// A Take that was not saved has returned nothing for good, whatever other goroutines make of the
// session. The race detector sees whether they still write what it returns.
func (on cases) TestTakeThatIsNotSavedAmongGoroutines(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	key := s.start(map[string]any{"token": "once"})
	s.visit(key, func(c *Call) {
		session := c.Session()
		session.Set("other", 1)
		tx := s.db.Begin()
		defer tx.Rollback()
		if err := session.SaveIn(tx); err != nil {
			t.Error(err)
		}
		var taker sync.WaitGroup
		taker.Go(func() {
			if v, ok := token.Take(session); ok || v != "" {
				t.Errorf("took %q, %t, in a transaction that is open", v, ok)
			}
		})
		for session.Err() == nil {
			runtime.Gosched()
		}
		_ = session.SaveIn(tx) // does what was changed once more
		taker.Wait()
	})
	if entries := s.entries(key); len(entries) != 1 || entries["token"] != "once" {
		t.Errorf("the session holds %v", entries)
	}
}

// An entry of another type is left alone; what this request has set itself needs no save; what is
// not there, none either; and the library's own entries are refused.
func (on cases) TestTakeOfWhatIsNone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newSite(t, d)
		key := s.start(map[string]any{"token": "once"})
		for name, take := range map[string]func(session *gormsession.State) bool{
			"of another type": func(session *gormsession.State) bool {
				_, ok := gormsession.Field[int]("token").Take(session)
				return !ok && session.Err() == nil
			},
			"not there": func(session *gormsession.State) bool {
				_, ok := gormsession.Field[int]("nothing").Take(session)
				return !ok && session.Err() == nil
			},
		} {
			got := s.visit(key, func(c *Call) {
				if !take(c.Session()) {
					t.Errorf("%s: was taken, or an error", name)
				}
			})
			if got.verbs() != "SELECT" || s.entries(key)["token"] != "once" {
				t.Errorf("%s: %q, and the session holds %v", name, got.verbs(), s.entries(key))
			}
		}
		got := s.visit("", func(c *Call) {
			token.Set(c.Session(), "own")
			if v, ok := token.Take(c.Session()); !ok || v != "own" {
				t.Errorf("its own: %q, %t", v, ok)
			}
		})
		if strings.Contains(got.verbs(), "UPDATE") {
			t.Errorf("what the request has set itself: %q", got.verbs())
		}
		s.visit(key, func(c *Call) { c.Session().Flash("hello") })
		if got := s.visit(key, func(c *Call) {
			gormsession.Field[[]string]("_flashes").Take(c.Session())
		}); got.status != http.StatusInternalServerError {
			t.Errorf("the library's own: %d", got.status)
		}
	})
}
