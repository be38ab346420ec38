package suite

import (
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A save that waited for its turn while the session expired does not bring it back: it is told that
// the session is over, and the row stays over. So it is where the session has a fixed end, where
// the save asks for a later one, and where the save before it has failed.
func (on behind) TestSaveThatWaitedForItsTurn(t *testing.T) {
	fixed := func(c *Call) { c.Session().SetExpiryAt(c.Session().ExpiryDate()) }
	waiting := map[string]func(*Call){
		"set":    set("y", 1),
		"modify": increment,
		"longer": func(c *Call) { set("y", 1)(c); c.Session().SetExpiry(time.Hour) },
		"cycle":  pageC,
	}
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		s := on.newSiteOn(t, d.Open(t, c.Gorm()), gormsession.WithLifetime(time.Minute),
			gormsession.WithTimeout(20*time.Second))
		g := newGate(t, s.db)
		for end, begin := range map[string]func(*Call){"a lifetime": untouched, "an end": fixed} {
			for name, page := range waiting {
				for _, err := range []error{nil, refusals[d.Kind()]} {
					want := http.StatusOK
					if err != nil {
						want = http.StatusServiceUnavailable
					}
					key := s.start(map[string]any{"n": 1})
					s.visit(key, begin)
					first, late := g.inTurn(s, key, err, page, func() { s.clock.advance(3 * time.Minute) })
					what := fmt.Sprintf("%s, %s, after %v", end, name, err)
					if first.status != want || late.status != http.StatusBadRequest {
						t.Errorf("%s: answered with %d and %d", what, first.status, late.status)
					}
					for _, row := range s.rows() {
						if row.expire.After(s.clock.Now()) {
							t.Errorf("%s: the session is back: %v", what, row)
						}
					}
					s.exec("DELETE FROM web_sessions")
				}
			}
		}
	})
}

// A renewal that waited for its turn while the session expired is left out.
func (on behind) TestRenewalThatWaitedForItsTurn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newSiteOn(t, d.Open(t), gormsession.WithLifetime(time.Minute),
			gormsession.WithTimeout(20*time.Second))
		key := s.start(map[string]any{"n": 1})
		s.clock.advance(50 * time.Second)
		first, late := newGate(t, s.db).inTurn(s, key, refusals[d.Kind()], pageT,
			func() { s.clock.advance(20 * time.Second) })
		if first.status != http.StatusServiceUnavailable || late.status != http.StatusOK {
			t.Errorf("answered with %d and %d", first.status, late.status)
		}
		if row := s.rows()[stored(key)]; row.expire.After(s.clock.Now()) {
			t.Errorf("the session is back: %v", row)
		}
	})
}

// Behind a save that hangs, as its connection is silent, the others of that session are saved, in
// their time. The one that hangs is a 503.
func (on cases) TestSavesBehindOneThatHangs(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		const timeout = 2 * time.Second
		db, hang := silent(t, d)
		s := on.newSiteOn(t, db, gormsession.WithTimeout(timeout))
		key := s.start(map[string]any{"n": 0})
		hangs := hang()
		var all, others sync.WaitGroup
		all.Go(func() { s.visit(key, increment).unavailable(t) })
		<-hangs
		for i := range 3 {
			others.Go(func() {
				began := time.Now()
				got := s.visit(key, func(c *Call) { set(fmt.Sprint(i), i)(c); increment(c) })
				if took := time.Since(began); got.status != http.StatusOK || took > timeout {
					t.Errorf("answered with %d after %v\n%s", got.status, took, s.log)
				}
			})
		}
		others.Wait()
		all.Wait()
		if e := s.entries(key); e["n"] != int64(3) || len(e) != 4 {
			t.Errorf("the session holds %v", e)
		}
	})
}

// silent opens a pool. hang has the next UPDATE of one of its connections get no answer, and tells
// when it has come. No network lies before SQLite, so there it is a callback that has none.
func silent(t *testing.T, d *dbtest.DB) (*gorm.DB, func() <-chan struct{}) {
	if d.Kind() != dbtest.SQLite {
		db, w := wired(t, d, true, &gorm.Config{})
		gone := make(chan struct{})
		t.Cleanup(func() { close(gone) })
		return db, func() <-chan struct{} {
			came := make(chan struct{})
			w.next("UPDATE", func(_ *ear, server net.Conn, _ []byte) {
				close(came)
				<-gone
				server.Close()
			})
			return came
		}
	}
	db := d.Open(t)
	g := newGate(t, db)
	return db, func() <-chan struct{} {
		return g.meets(func(update *gorm.DB) { awaitEnd(t, update) })
	}
}

// A session that many requests write and renew at once takes at most two connections at a time, and
// not the pool; and nothing that they wrote is lost.
func (on behind) TestHotSessionTakesFewConnections(t *testing.T) {
	const writers, renewals, rounds = 16, 4, 4
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		s := on.newSiteWith(t, d, c.Gorm(), gormsession.WithTimeout(time.Minute))
		key := s.start(map[string]any{"n": 0})
		for range rounds {
			s.clock.advance(24 * time.Hour) // or there is nothing to renew
			var most atomic.Int64
			var loaded, all sync.WaitGroup
			loaded.Add(writers + renewals)
			sample := sync.OnceFunc(func() {
				s.statements.Hook(func(string) {
					for n := int64(s.pool().Stats().InUse); ; {
						if old := most.Load(); n <= old || most.CompareAndSwap(old, n) {
							return
						}
					}
				})
			})
			for i := range writers + renewals {
				page := increment
				if i%5 == 0 {
					page = pageT
				}
				all.Go(func() {
					got := s.visit(key, func(c *Call) {
						_ = c.Session().Load() // which takes a connection of its own
						loaded.Done()
						loaded.Wait()
						sample()
						page(c)
					})
					if got.status != http.StatusOK {
						t.Errorf("answered with %d\n%s", got.status, s.log)
					}
				})
			}
			all.Wait()
			s.statements.Hook(nil)
			if n := most.Load(); n < 1 || n > 2 {
				t.Errorf("%d connections were in use at a time", n)
			}
		}
		if n := s.entries(key)["n"]; n != int64(writers*rounds) {
			t.Errorf("n is %v of %d", n, writers*rounds)
		}
	})
}
