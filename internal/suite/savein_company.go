package suite

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

type panics struct{}

func (panics) HandleEvent(_ context.Context, e gormsession.Event) {
	if e.Kind == gormsession.LoggedIn && e.UserID == "ann" {
		panic("no place for it")
	}
}

// A handler of events that panics at the look ends the request as any panic.
func (on cases) TestSaveInAndEventsThatPanic(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newShop(t, d, dbtest.Config{}, "web_sessions", gormsession.WithEvents(panics{}))
		key := s.start(map[string]any{"cart": "tea"})
		r, _ := http.NewRequest(http.MethodGet, s.url+"/"+s.addPage(func(c *Call) {
			_ = s.order(c, func(session *gormsession.State) { session.LogIn("ann") }, nil)
			c.Session().Get("cart")
		}), nil)
		r.Header.Set("Cookie", "session="+key)
		response, err := client.Do(r)
		if err != nil {
			t.Fatalf("no response: %v", err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusInternalServerError || len(response.Cookies()) != 1 {
			t.Errorf("%d %v", response.StatusCode, response.Cookies())
		}
	})
}

// The limit is that of the login that was committed, whatever becomes of a later transaction.
func (on cases) TestSaveInAndTheLimit(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		s := on.newShop(t, d, c, "web_sessions", gormsession.WithUserLimit(1))
		s.moved("", logIn("ann"))
		s.clock.advance(time.Second)
		key := s.start(map[string]any{"cart": "tea"})
		s.visit(key, func(c *Call) {
			session := c.Session()
			if err := s.order(c, func(*gormsession.State) { session.LogIn("ann") }, nil); err != nil {
				t.Error(err)
			}
			_ = s.orders.Transaction(func(tx *gorm.DB) error {
				if err := session.SaveIn(tx); err != nil {
					t.Error(err)
				}
				return errNoStock
			})
		})
		all, err := s.plugin.Sessions(t.Context(), "ann")
		if err != nil || len(all) != 1 {
			t.Errorf("%d sessions, %v\n%s", len(all), err, s.log)
		}
	})
}

// A hook that panics within SaveIn leaves nothing to be saved with the response.
func (on cases) TestSaveInOfAModelThatPanics(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		var panics atomic.Bool
		s := on.newShop(t, d, dbtest.Config{}, "web_sessions", gormsession.WithModel(
			func(row gormsession.Session, _ gormsession.Entries) UserSession {
				if panics.Load() {
					panic("no")
				}
				return UserSession{Session: row}
			}))
		key := s.start(map[string]any{"cart": "tea"})
		got := s.visit(key, func(c *Call) {
			panics.Store(true)
			func() {
				defer func() { _ = recover() }()
				_ = s.order(c, emptyCart, nil)
			}()
			panics.Store(false)
			c.Status(http.StatusConflict)
		})
		if e := s.entries(key); e["cart"] != "tea" {
			t.Errorf("%d, %v", got.status, e)
		}
	})
}

// COMMIT that fails leaves the session, and no event is told but once.
func (on cases) TestSaveInWhoseCommitFails(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		h := &heard{then: panics{}}
		s := on.newShop(t, d, c, "web_sessions", gormsession.WithEvents(h))
		key := s.start(map[string]any{"cart": "tea"})
		h.take()
		for i, failing := range []bool{true, false} {
			got := s.visit(key, func(c *Call) {
				c.Session().Get("cart")
				s.statements.Fail(func(sql string) error {
					if failing && sql == "COMMIT" {
						return errNoStock
					}
					return nil
				})
				err := s.order(c, func(session *gormsession.State) { session.LogIn("bob") }, nil)
				s.statements.Fail(nil)
				c.String(http.StatusAccepted, "%v", err)
			})
			if e := h.take(); len(e) != i || got.cookieIs(key) != [...]string{"", "new"}[i] ||
				got.status != http.StatusAccepted || s.count() != int64(i) {
				t.Errorf("%d %s, the cookie is %q, heard %q", got.status, got.body, got.cookieIs(key), e)
			}
		}
	})
}

// Goroutines that use the session while others save it in transactions.
func (on cases) TestSaveInAmongGoroutines(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newShop(t, d, dbtest.Config{}, "web_sessions")
		key := s.start(map[string]any{"n": 0})
		done := 0
		got := s.visit(key, func(c *Call) {
			session := c.Session()
			session.Get("n")
			var stop atomic.Bool
			over := make(chan struct{})
			go func() {
				defer close(over)
				for !stop.Load() {
					session.Get("n")
					session.Key()
					session.Set("busy", true)
				}
			}()
			for i := range 10 {
				var failing error
				if i%2 == 0 {
					failing = errNoStock
				}
				err := s.order(c, func(session *gormsession.State) {
					counter.Modify(session, plusOne)
				}, failing)
				if err == nil {
					done++
				}
			}
			stop.Store(true)
			<-over
		})
		if e := s.entries(key); got.status != 200 || e["n"] != int64(done) || done == 0 {
			t.Errorf("%d, %v, done %d\n%s", got.status, e, done, s.log)
		}
	})
}

// Whoever reads while another goroutine's use of the session does again what was changed after a
// SaveIn sees what there is, and does not do it too.
func (on cases) TestSaveInAndAReaderOfAReplay(t *testing.T) {
	s := on.newShop(t, dbtest.New(t, dbtest.SQLite), dbtest.Config{}, "web_sessions")
	key := s.start(map[string]any{"n": 0})
	got := s.visit(key, func(c *Call) {
		session := c.Session()
		session.Set("name", "Bob")
		tx := s.db.Begin()
		if err := session.SaveIn(tx); err != nil {
			t.Error(err)
		}
		var runs atomic.Int32
		inside, release := make(chan struct{}), make(chan struct{})
		counter.Modify(session, func(n int) int {
			if runs.Add(1) == 2 { // once the transaction has ended
				close(inside)
				<-release
			}
			return n + 1
		})
		if err := tx.Commit().Error; err != nil {
			t.Error(err)
		}
		var users sync.WaitGroup
		users.Go(func() { session.Get("n") })
		<-inside
		if name := session.Get("name"); name != "Bob" || runs.Load() != 2 {
			t.Errorf("the name is %v, after %d runs", name, runs.Load())
		}
		users.Go(func() { session.Set("other", 1) }) // in its turn
		close(release)
		users.Wait()
	})
	if e := s.entries(key); got.status != 200 || e["n"] != int64(1) || e["other"] != int64(1) {
		t.Errorf("%d, %v\n%s", got.status, e, s.log)
	}
}

// A login that a limit may refuse is not saved with anything else: what it counts by ends before
// the application's transaction does.
func (on cases) TestSaveInOfALoginThatMayBeRefused(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		s := on.newShop(t, d, c, "web_sessions", gormsession.WithUserLimitRefusing(2))
		key := s.start(map[string]any{"cart": "tea"})
		got := s.visit(key, func(c *Call) {
			err := s.order(c, func(session *gormsession.State) { session.LogIn("ann") }, nil)
			if !errors.Is(err, gormsession.ErrTransaction) {
				t.Error(err)
			}
			if err := s.order(c, emptyCart, nil); err != nil {
				t.Error(err)
			}
		})
		if e := s.entries(key); got.cookieIs(key) == "new" || e["_user"] != nil || e["last"] != "tea" ||
			s.count() != 1 {
			t.Errorf("the cookie is %q, %v, %d orders", got.cookieIs(key), e, s.count())
		}
	})
}
