package suite

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// What was to be saved in a transaction that is over, as its context was cancelled, or in a chain
// that has failed, is not saved with the response either.
func (on cases) TestSaveInOfATransactionThatWasCancelled(t *testing.T) {
	on.everyShop(t, func(t *testing.T, s shop) {
		for name, end := range map[string]func(session *gormsession.State) error{
			"cancelled": func(session *gormsession.State) error {
				ctx, cancel := context.WithCancel(context.Background())
				return s.orders.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
					if err := tx.Create(&order{Item: "tea"}).Error; err != nil {
						return err
					}
					cancel()
					other := tx.WithContext(context.Background())
					for !errors.Is(other.Exec("SELECT 1").Error, sql.ErrTxDone) {
						time.Sleep(time.Millisecond)
					}
					session.LogIn("ann")
					session.Delete("cart")
					return session.SaveIn(tx)
				})
			},
			"a chain": func(session *gormsession.State) error {
				return s.orders.Transaction(func(tx *gorm.DB) error {
					session.LogIn("ann")
					session.Delete("cart")
					return session.SaveIn(tx.Create(&order{ID: 1, Item: "tea"}))
				})
			},
		} {
			s.orders.Save(&order{ID: 1, Item: "there"})
			key, orders := s.start(map[string]any{"cart": "tea"}), s.count()
			got := s.visit(key, func(c *Call) {
				session := c.Session()
				session.Get("cart")
				c.String(http.StatusConflict, "%v", end(session))
			})
			if got.body == "<nil>" || s.count() != orders {
				t.Fatalf("%s: %s, %d orders", name, got.body, s.count()-orders)
			}
			if e := s.entries(key); got.cookieIs(key) == "new" || e["cart"] != "tea" {
				t.Errorf("%s: %d %s, the cookie is %q, and the session holds %v", name, got.status,
					got.body, got.cookieIs(key), e)
			}
		}
	})
}

// Another goroutine that reads the session while COMMIT is on its way does not lose the login.
func (on cases) TestSaveInReadDuringCommit(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		for name, start := range map[string]bool{"a login": true, "a new session": false} {
			s := on.newShop(t, d, c, strings.ReplaceAll(name, " ", "_"))
			key := ""
			if start {
				key = s.start(map[string]any{"cart": "tea"})
			}
			got := s.visit(key, func(c *Call) {
				session := c.Session()
				session.Get("cart")
				var read atomic.Bool
				s.statements.Hook(func(sql string) {
					if sql == "COMMIT" && read.CompareAndSwap(false, true) {
						done := make(chan struct{})
						go func() { session.Get("cart"); close(done) }()
						<-done
					}
				})
				err := s.order(c, func(session *gormsession.State) { session.LogIn("ann") }, nil)
				s.statements.Hook(nil)
				c.String(http.StatusOK, "%v", err)
			})
			if got.cookieIs(key) != "new" {
				t.Errorf("%s: %d %s, the cookie is %q; rows %d", name, got.status, got.body,
					got.cookieIs(key), len(s.rows()))
			}
		}
	})
}

// A new key in a savepoint that is rolled back leaves that of the transaction.
func (on cases) TestSaveInKeysAndSavepoints(t *testing.T) {
	on.everyShop(t, func(t *testing.T, s shop) {
		for _, again := range []bool{false, true} {
			for _, known := range []bool{false, true} {
				key := ""
				if known {
					key = s.start(map[string]any{"cart": "tea"})
				}
				rows := len(s.rows())
				got := s.visit(key, func(c *Call) {
					session := c.Session()
					session.Get("cart")
					c.String(http.StatusOK, "%v", s.orders.Transaction(func(tx *gorm.DB) error {
						session.Set("first", true)
						session.CycleKey()
						if err := session.SaveIn(tx); err != nil {
							return err
						}
						_ = tx.Transaction(func(inner *gorm.DB) error {
							session.LogIn("ann")
							if err := session.SaveIn(inner); err != nil {
								t.Error(err)
							}
							return errNoStock
						})
						if again {
							return session.SaveIn(tx)
						}
						return nil
					}))
				})
				if !known {
					rows++
				}
				if got.body != "<nil>" || got.cookieIs(key) != "new" || len(s.rows()) != rows {
					t.Errorf("again %t, known %t: %d %s, the cookie is %q, %d rows too many", again,
						known, got.status, got.body, got.cookieIs(key), len(s.rows())-rows)
				}
			}
		}
	})
}

// After Discard SaveIn is an error, as Save is.
func (on cases) TestSaveInAfterDiscard(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newShop(t, d, dbtest.Config{}, "web_sessions")
		key := s.start(map[string]any{"cart": "tea"})
		s.visit(key, func(c *Call) {
			session := c.Session()
			session.Get("cart")
			session.Discard()
			err := s.order(c, emptyCart, nil)
			saved := session.Save()
			if err == nil || saved == nil {
				t.Errorf("SaveIn: %v, Save: %v; the session holds %v, %d orders", err, saved,
					s.entries(key), s.count())
			}
		})
	})
}

// A transaction that has failed says nothing of the session's database: the response is the
// handler's, and another transaction works.
func (on cases) TestSaveInOfATransactionThatHasFailed(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		s := on.newShop(t, d, c, "web_sessions")
		key := s.start(map[string]any{"cart": "tea"})
		s.orders.Save(&order{ID: 1, Item: "there"})
		got := s.visit(key, func(c *Call) {
			try := func(id uint) error {
				return s.orders.Transaction(func(tx *gorm.DB) error {
					_ = tx.Create(&order{ID: id, Item: "tea"}).Error // is there
					return c.Session().SaveIn(tx)                    // which loads it
				})
			}
			err, again := try(1), try(2)
			c.String(http.StatusConflict, "%v, %v", err, again)
		})
		if got.status != http.StatusConflict || !strings.HasSuffix(got.body, "<nil>") {
			t.Errorf("%d %s\n%s", got.status, got.body, s.log)
		}
	})
}

// A transaction that began before another one was committed does not hide that.
func (on cases) TestSaveInOfASnapshot(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		if d.Kind() == dbtest.SQLite {
			t.Skip("one writer")
		}
		s := on.newShop(t, d, dbtest.Config{}, "web_sessions")
		key := s.start(map[string]any{"cart": "tea"})
		got := s.visit(key, func(c *Call) {
			session := c.Session()
			session.Get("cart")
			late := s.orders.Begin()
			defer late.Rollback()
			late.Exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
			var n int64
			late.Model(&order{}).Count(&n)
			if err := s.order(c, func(*gormsession.State) { session.LogIn("ann") }, nil); err != nil {
				t.Error(err)
			}
			err := session.SaveIn(late)
			late.Rollback()
			c.String(http.StatusConflict, "%v", err)
		})
		if got.cookieIs(key) != "new" {
			t.Errorf("%d %s, the cookie is %q", got.status, got.body, got.cookieIs(key))
		}
	})
}
