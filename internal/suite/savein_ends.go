package suite

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Among requests that save the same session in transactions of their own, some of which are rolled
// back, and without, each change that was committed counts once, and no other.
func (on cases) TestSaveInIsExact(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		s := on.newShop(t, d, c, "web_sessions")
		key := s.start(map[string]any{"n": 0})
		var mu sync.Mutex
		committed := 0
		var wg sync.WaitGroup
		for i := range 24 {
			wg.Go(func() {
				for range 20 { // as an application does that is told to try again
					done := false
					s.visit(key, func(c *Call) {
						session := c.Session()
						if i%3 == 0 {
							done = counter.Modify(session, plusOne) > 0 && session.Save() == nil
							return
						}
						var failing error
						if i%3 == 1 {
							failing = errNoStock
						}
						err := s.order(c, func(session *gormsession.State) {
							counter.Modify(session, plusOne)
						}, failing)
						done = err == nil || errors.Is(err, errNoStock)
					})
					if done {
						break
					}
				}
				if i%3 != 1 {
					mu.Lock()
					committed++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if e := s.entries(key); e["n"] != int64(committed) || s.count() != 8 {
			t.Errorf("%d were committed, and the session holds %v; %d orders\n%s", committed, e,
				s.count(), s.log)
		}
	})
}

// What is no open transaction of the sessions' database is refused, and what was to be saved in it
// is not saved without it.
func (on cases) TestSaveInRefused(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		s := on.newShop(t, d, c, "web_sessions")
		elsewhere := dbtest.New(t, d.Kind()).Open(t)
		ended := s.db.Begin()
		ended.Rollback()
		other := elsewhere.Begin()
		defer other.Rollback()
		key := s.start(map[string]any{"n": 1})
		for name, tx := range map[string]*gorm.DB{
			"none": nil, "the pool": s.db, "one that has ended": ended, "another database's": other,
		} {
			got := s.visit(key, func(c *Call) {
				session := c.Session()
				session.Set(name, true)
				err := session.SaveIn(tx)
				if !errors.Is(err, gormsession.ErrTransaction) {
					t.Errorf("%s: %v", name, err)
				}
			})
			if got.status != http.StatusOK || s.entries(key)[name] != nil {
				t.Errorf("%s: %d, %v", name, got.status, s.entries(key))
			}
		}
	})
}

// A SaveIn that fails saves nothing, not even with the response: what it was to save belongs to a
// transaction that is rolled back. Another try does it once.
func (on cases) TestSaveInThatFails(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		s := on.newShop(t, d, c, "web_sessions")
		key := s.start(map[string]any{"n": 1})
		failing := true
		s.statements.Fail(func(sql string) error {
			if failing && strings.HasPrefix(sql, "UPDATE") {
				failing = false
				return errors.New("the disk is full")
			}
			return nil
		})
		add := func(session *gormsession.State) { counter.Modify(session, plusOne) }
		got := s.visit(key, func(c *Call) {
			err := s.order(c, add, nil)
			if !errors.Is(err, gormsession.ErrUnavailable) {
				t.Errorf("the first try: %v", err)
			}
			c.String(http.StatusConflict, "%v", c.Session().Get("n"))
		})
		if e := s.entries(key); got.status != http.StatusConflict || got.body != "1" ||
			e["n"] != int64(1) || s.count() != 0 {
			t.Errorf("failed: %d %s, then %v, %d orders\n%s", got.status, got.body, e, s.count(), s.log)
		}
		failing = true
		s.visit(key, func(c *Call) {
			for range 2 {
				_ = s.order(c, add, nil)
			}
		})
		if e := s.entries(key); e["n"] != int64(2) || s.count() != 1 {
			t.Errorf("tried twice: %v, %d orders\n%s", e, s.count(), s.log)
		}
	})
}

// What a unique column of the application's refuses is rejected, and is no fault of the database,
// in its transaction as elsewhere.
func (on cases) TestSaveInOfADuplicate(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		s := on.newShop(t, d, c, "web_sessions")
		s.exec("CREATE UNIQUE INDEX one ON web_sessions (expire_date)")
		old := s.start(map[string]any{"n": 1})
		s.clock.advance(24 * time.Hour)
		s.start(map[string]any{"n": 2})
		for what, key := range map[string]string{"a new session": "", "a login": old} {
			got := s.visit(key, func(c *Call) {
				err := s.order(c, func(session *gormsession.State) { session.LogIn("ann") }, nil)
				if !errors.Is(err, gormsession.ErrRejected) {
					t.Errorf("%s: %v", what, err)
				}
			})
			if got.cookie != nil || s.count() != 0 || s.entries(old)["n"] != int64(1) {
				t.Errorf("%s: %d %q, %d orders, %v", what, got.status, got.line, s.count(), s.entries(old))
			}
		}
	})
}

// A session that was ended meanwhile takes the order with it.
func (on cases) TestSaveInOfASessionThatHasGone(t *testing.T) {
	on.everyShop(t, func(t *testing.T, s shop) {
		for _, change := range []func(*gormsession.State){
			emptyCart,
			func(session *gormsession.State) { session.LogIn("ann") },
		} {
			key := s.start(map[string]any{"cart": "tea"})
			orders := s.count()
			got := s.visit(key, func(c *Call) {
				c.Session().Get("cart")
				if err := s.plugin.Delete(context.Background(), key); err != nil {
					t.Error(err)
				}
				err := s.order(c, change, nil)
				c.String(http.StatusConflict, "%t", errors.Is(err, gormsession.ErrInterrupted))
			})
			if got.status != http.StatusConflict || got.body != "true" || s.entries(key) != nil ||
				s.count() != orders {
				t.Errorf("%d %s, then %v, %d orders\n%s", got.status, got.body, s.entries(key),
					s.count()-orders, s.log)
			}
		}
	})
}

// A transaction that is open when the response leaves is an error where the client would have to be
// told of a new key, and none where it would not: what is committed later counts.
func (on cases) TestSaveInOfATransactionThatStaysOpen(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		s := on.newShop(t, d, c, "web_sessions")
		for name, change := range map[string]func(*gormsession.State){
			"an entry":  func(session *gormsession.State) { session.Set("x", true) },
			"a new key": func(session *gormsession.State) { session.CycleKey() },
			"a change after it": func(session *gormsession.State) {
				session.Set("x", true)
			},
		} {
			key := s.start(map[string]any{"n": 1})
			var tx *gorm.DB
			got := s.visit(key, func(c *Call) {
				session := c.Session()
				session.Get("n")
				tx = s.db.Begin()
				change(session)
				if err := session.SaveIn(tx); err != nil {
					t.Error(err)
				}
				if name == "a change after it" {
					session.Set("y", true)
				}
			})
			want := http.StatusInternalServerError
			if name == "an entry" {
				want = http.StatusOK
			}
			if got.status != want || got.cookie != nil {
				t.Errorf("%s: %d, the cookie is %q\n%s", name, got.status, got.cookieIs(key), s.log)
			}
			if got.status != http.StatusOK {
				tx.Rollback()
			} else if err := tx.Commit().Error; err != nil {
				t.Error(err)
			}
			if e := s.entries(key); e["n"] != int64(1) || (e["x"] == true) != (want == http.StatusOK) {
				t.Errorf("%s: %v", name, e)
			}
		}
	})
}

// Where nobody can tell whether a login was committed, the response is a 503 that says nothing of
// the session, and no page of the handler's.
func (on cases) TestSaveInOfALoginThatNobodyCanTell(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newSite(t, d, gormsession.WithTimeout(300*time.Millisecond))
		shop := shop{s, s.db}
		if err := s.db.AutoMigrate(&order{}); err != nil {
			t.Fatal(err)
		}
		key := s.start(map[string]any{"n": 1})
		s.visit(key, func(c *Call) {
			if err := shop.order(c, func(session *gormsession.State) { session.LogIn("ann") },
				nil); err != nil {
				t.Error(err)
			}
			s.statements.Fail(func(string) error { return errors.New("the disk is full") })
			c.String(http.StatusOK, "welcome")
		}).unavailable(t)
		s.statements.Fail(nil)
	})
}

// A panic within the transaction rolls both back; after one behind it the client is told of its new
// key.
func (on cases) TestSaveInThenPanic(t *testing.T) {
	on.everyShop(t, func(t *testing.T, s shop) {
		for _, failing := range []any{nil, "within"} {
			key, orders := s.start(map[string]any{"cart": "tea"}), s.count()
			got := s.visit(key, func(c *Call) {
				_ = s.order(c, func(session *gormsession.State) { session.LogIn("ann") }, nil)
				_ = s.orders.Transaction(func(tx *gorm.DB) error {
					c.Session().LogIn("ann")
					c.Session().Set("again", true)
					if err := c.Session().SaveIn(tx); err != nil {
						t.Error(err)
					}
					if failing != nil {
						panic(failing)
					}
					return nil
				})
				panic("afterwards")
			})
			if got.cookieIs(key) != "new" || s.count() != orders+1 {
				t.Fatalf("%v: the cookie is %q\n%s", failing, got.cookieIs(key), s.log)
			}
			if e := s.entries(got.cookie.Value); e["_user"] != "ann" ||
				(e["again"] == true) != (failing == nil) {
				t.Errorf("%v: %v", failing, e)
			}
		}
	})
}
