package suite

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// modifyAmid has a request do a Modify between whose load and save another request saves vip, so
// that f runs in the handler and again in a replay.
func modifyAmid(
	s *site, key string, f func(session *gormsession.State, again bool, n int) int,
) reply {
	return s.visit(key, func(c *Call) {
		session, runs := c.Session(), 0
		counter.Modify(session, func(n int) int {
			runs++
			return f(session, runs > 1, n)
		})
		s.visit(key, func(c *Call) {
			other := c.Session()
			other.Set("vip", true)
			counter.Set(other, 100)
		})
	})
}

// A function of Modify's may read the session, and sees what the entry is computed from: in the
// handler and in a replay.
func (on cases) TestModifyReadsItsSession(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		s := on.newSiteWith(t, d, c.Gorm())
		key := s.start(map[string]any{"n": 5, "name": "Ann"})
		var seen []string
		got := modifyAmid(s, key, func(session *gormsession.State, _ bool, n int) int {
			var name string
			err := errors.Join(session.Decode("name", &name), session.Load(), session.Err())
			if err != nil {
				t.Error(err)
			}
			for name := range session.All() {
				_ = session.Get(name)
			}
			seen = append(seen, fmt.Sprint(name, session.Get("n"), session.Keys(), session.Len(),
				session.GetOrSet("name", "Bob"), session.Handle() == stored(key)[:12], session.Key() == key,
				session.String() == "session "+stored(key)[:12], session.IsNew(), session.IsEmpty(),
				session.ExpiryAge(), session.BrowserSession(), session.Accessed(), session.Has("vip"),
				gormsession.Field[bool]("vip").Or(session, false), counter.Or(session, 0)))
			if session.Has("vip") {
				return n + 10
			}
			return n + 1
		})
		const same = "Ann%d[n name%s]%dAnn true true true false false 336h0m0s false true %t %[4]t %[1]d"
		want := []string{fmt.Sprintf(same, 5, "", 2, false), fmt.Sprintf(same, 100, " vip", 3, true)}
		for i, w := range want {
			if i >= len(seen) || strings.ReplaceAll(seen[i], " ", "") != strings.ReplaceAll(w, " ", "") {
				t.Errorf("run %d of %d saw %q, not %q", i, len(seen), seen, w)
			}
		}
		if entries := s.entries(key); got.status != http.StatusOK || entries["n"] != int64(110) {
			t.Errorf("answered with %d, and the session holds %v", got.status, entries)
		}
	})
}

// meddling is all that changes or saves a session, but for what is no change, such as to delete
// what is not there.
var meddling = map[string]func(s *gormsession.State){
	"Set":           func(s *gormsession.State) { s.Set("x", 1) },
	"SetAll":        func(s *gormsession.State) { s.SetAll(nil) },
	"GetOrSet":      func(s *gormsession.State) { s.GetOrSet("x", 1) },
	"Modify":        func(s *gormsession.State) { s.Modify("n", func(any) any { return 1 }) },
	"another entry": func(s *gormsession.State) { gormsession.Field[int]("x").Modify(s, plusOne) },
	"Delete":        func(s *gormsession.State) { s.Delete("name") },
	"Pop":           func(s *gormsession.State) { s.Pop("name") },
	"Clear":         func(s *gormsession.State) { s.Clear() },
	"Flash":         func(s *gormsession.State) { s.Flash("hello") },
	"Flashes":       func(s *gormsession.State) { s.Flashes() },
	"SetExpiry":     func(s *gormsession.State) { s.SetExpiry(time.Minute) },
	"SetExpiryAt":   func(s *gormsession.State) { s.SetExpiryAt(s.ExpiryDate().AddDate(9000, 0, 0)) },
	"ResetExpiry":   func(s *gormsession.State) { s.ResetExpiry() },
	"Touch":         func(s *gormsession.State) { s.Touch() },
	"Save":          func(s *gormsession.State) { _ = s.Save() },
	"CycleKey":      func(s *gormsession.State) { s.CycleKey() },
	"Flush":         func(s *gormsession.State) { s.Flush() },
	"Discard":       func(s *gormsession.State) { s.Discard() },
}

// A function of Modify's that changes or saves the session gets an error, which says what is wrong
// and sticks: in the handler and in a replay, where the save is undone. Nobody waits.
func (on cases) TestModifyThatMeddles(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		s := on.newSiteWith(t, d, c.Gorm())
		const cause = "a function of Modify may read it, but not change or save it"
		for what, meddle := range meddling {
			for _, late := range []bool{false, true} {
				key := s.visit("", func(c *Call) {
					session := c.Session()
					session.SetAll(map[string]any{"n": 5, "name": "Ann"})
					session.SetExpiry(time.Hour)
					session.Flash("kept")
				}).cookie.Value
				before := len(s.log.String())
				got := modifyAmid(s, key, func(session *gormsession.State, again bool, n int) int {
					if again != late {
						return n + 1
					}
					meddle(session)
					if err := session.Err(); !errors.Is(err, gormsession.ErrReentrant) {
						t.Errorf("%s, again %t: the error is %v", what, again, err)
					}
					return n + 1000
				})
				if got.status != http.StatusInternalServerError || got.cookie != nil {
					t.Errorf("%s, again %t: answered with %d, %s", what, late, got.status, got.line)
				}
				if log := s.log.String()[before:]; !strings.Contains(log, cause) {
					t.Errorf("%s, again %t: the log says %s", what, late, log)
				}
				entries := s.entries(key)
				if entries["n"] != int64(100) || len(entries) != 5 { // as the other request has left it
					t.Errorf("%s, again %t: the session holds %v", what, late, entries)
				}
				if got := s.visit(key, increment); got.body != "101" {
					t.Errorf("%s, again %t: the next request got %d %s", what, late, got.status, got.body)
				}
			}
		}
		pool, err := s.db.DB()
		if err != nil {
			t.Fatal(err)
		}
		if n := pool.Stats().InUse; n != 0 {
			t.Errorf("%d connections were kept", n)
		}
	})
}

// Within one request Modify is exact as well, whoever reads, sets and saves meanwhile, and also
// where the functions wait for each other.
func (on cases) TestModifyWithinARequest(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	key := s.start(map[string]any{"n": 0, "name": "Ann"})
	const goroutines, each = 16, 100
	got := s.visit(key, func(c *Call) {
		session := c.Session()
		var wg sync.WaitGroup
		for i := range goroutines {
			wg.Go(func() {
				own := gormsession.Field[int](fmt.Sprint("own", i))
				for n := range each {
					counter.Modify(session, func(n int) int {
						_ = session.Has("vip")
						return n + 1
					})
					own.Set(session, n)
					if n == 50 && i%4 == 0 {
						if err := session.Save(); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		wg.Wait()
	})
	if n := s.entries(key)["n"]; got.status != http.StatusOK || n != int64(goroutines*each) {
		t.Errorf("%d, and %d increments are %v", got.status, goroutines*each, n)
	}
	s.visit(key, func(c *Call) {
		session := c.Session()
		begun := [2]chan struct{}{make(chan struct{}), make(chan struct{})}
		var wg sync.WaitGroup
		for i := range begun {
			var once sync.Once
			wg.Go(func() {
				counter.Modify(session, func(n int) int {
					once.Do(func() { close(begun[i]) })
					<-begun[1-i]
					return n + 1
				})
			})
		}
		wg.Wait()
	})
	if n := s.entries(key)["n"]; n != int64(goroutines*each+2) {
		t.Errorf("two increments at once came to %v", n)
	}
}
