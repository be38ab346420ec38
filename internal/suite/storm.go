package suite

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// The goroutines of one request may share its session: each call is done as a whole, whatever the
// others do meanwhile.
func (on cases) TestGoroutinesShareASession(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	key := s.start(map[string]any{"n": 0})
	const goroutines, each = 16, 50
	shown := map[string]int{}
	var mu sync.Mutex
	show := func(messages []any) {
		mu.Lock()
		defer mu.Unlock()
		for _, m := range messages {
			shown[m.(string)]++
		}
	}
	got := s.visit(key, func(c *Call) {
		session := c.Session()
		var wg sync.WaitGroup
		for g := range goroutines {
			wg.Go(func() {
				own := gormsession.Field[int]("own" + strconv.Itoa(g))
				for i := range each {
					counter.Modify(session, plusOne)
					own.Set(session, own.Or(session, 0)+1)
					session.Set("last", g)
					session.SetAll(map[string]any{"x": g, "y": g})
					session.GetOrSet("z", g)
					session.Flash(fmt.Sprint(g, " ", i))
					show(session.Flashes())
					session.Pop("x")
					session.Delete("y")
					session.SetExpiry(time.Duration(i+1) * time.Minute)
					readAll(session)
					switch {
					case i%10 == 3:
						if err := session.Save(); err != nil {
							t.Error(err)
						}
					case i%10 == 5:
						session.CycleKey()
					case i%10 == 7:
						session.Touch()
					}
				}
			})
		}
		wg.Wait()
		c.Status(http.StatusOK)
	})
	show(s.flashes(got.cookie.Value))
	entries := s.entries(got.cookie.Value)
	if got.status != http.StatusOK || len(s.rows()) != 1 || entries["n"] != int64(goroutines*each) {
		t.Errorf("answered with %d; %d rows, n is %v of %d", got.status, len(s.rows()), entries["n"],
			goroutines*each)
	}
	for g := range goroutines {
		if own := entries["own"+strconv.Itoa(g)]; own != int64(each) {
			t.Errorf("goroutine %d: its entry is %v of %d", g, own, each)
		}
		for i := range each {
			if n := shown[fmt.Sprint(g, " ", i)]; n != 1 {
				t.Errorf("message %d of goroutine %d was shown %d times", i, g, n)
			}
		}
	}
}

// readAll calls all that reads.
func readAll(s *gormsession.State) {
	for name := range s.All() {
		s.Get(name)
	}
	var last int
	_ = s.Decode("last", &last)
	_, _, _, _, _ = s.Has("x"), s.Keys(), s.Len(), s.Key(), s.Handle()
	_, _, _, _, _ = s.IsEmpty(), s.IsNew(), s.Accessed(), s.Modified(), s.Err()
	_, _, _, _, _ = s.ExpiryAge(), s.ExpiryDate(), s.BrowserSession(), s.Load(), s.String()
}

func (s *site) flashes(key string) []any {
	s.t.Helper()
	opened, err := s.plugin.Open(s.t.Context(), key)
	if err != nil {
		s.t.Fatal(err)
	}
	return opened.Flashes()
}
