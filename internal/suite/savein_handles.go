package suite

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A handler that does a transaction again after a conflict can tell that it was one.
func (on cases) TestSaveInTriedAgain(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		if d.Kind() == dbtest.SQLite {
			t.Skip("one writer")
		}
		s := on.newShop(t, d, c, "web_sessions")
		key := s.start(map[string]any{"cart": "tea", "n": 1})
		got := s.visit(key, func(c *Call) {
			session := c.Session()
			session.Get("cart")
			tries, conflicts := 0, 0
			var err error
			for tries < 3 {
				tries++
				err = s.orders.Transaction(func(tx *gorm.DB) error {
					var n int64
					tx.Model(&order{}).Count(&n) // the snapshot
					if tries == 1 {
						other, _ := s.plugin.Open(context.Background(), key)
						other.Set("other", true)
						if err := other.Save(); err != nil {
							t.Error(err)
						}
					}
					tx.Create(&order{Item: "tea"})
					counter.Modify(session, plusOne)
					session.Delete("cart")
					return session.SaveIn(tx)
				}, &sql.TxOptions{Isolation: sql.LevelSerializable})
				if err == nil {
					break
				}
				if strings.Contains(fmt.Sprintf("%+v", err), "40001") {
					conflicts++
				}
			}
			c.String(http.StatusOK, "%d %d %v", tries, conflicts, err)
		})
		e := s.entries(key)
		if e["n"] != int64(2) || e["cart"] != nil || e["other"] != true || s.count() != 1 {
			t.Errorf("%d %s, %v, %d orders", got.status, got.body, e, s.count())
		}
		t.Log(got.body)
	})
}

// Handles of one transaction are alike, whatever else is set on them; and one connection is enough.
func (on cases) TestSaveInByAnyHandle(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		s := on.newShop(t, d, c, "web_sessions", gormsession.WithTimeout(2*time.Second))
		s.pool().SetMaxOpenConns(1)
		for name, of := range map[string]func(tx *gorm.DB) *gorm.DB{
			"plain":    func(tx *gorm.DB) *gorm.DB { return tx },
			"where":    func(tx *gorm.DB) *gorm.DB { return tx.Where("item = ?", "x") },
			"model":    func(tx *gorm.DB) *gorm.DB { return tx.Model(&order{}).Select("item") },
			"table":    func(tx *gorm.DB) *gorm.DB { return tx.Table("nowhere").Unscoped() },
			"new":      func(tx *gorm.DB) *gorm.DB { return tx.Session(&gorm.Session{NewDB: true}) },
			"prepared": func(tx *gorm.DB) *gorm.DB { return tx.Session(&gorm.Session{PrepareStmt: true}) },
			"bare": func(tx *gorm.DB) *gorm.DB {
				return tx.Session(&gorm.Session{SkipDefaultTransaction: true, SkipHooks: true,
					DisableNestedTransaction: true, AllowGlobalUpdate: true})
			},
			"context": func(tx *gorm.DB) *gorm.DB { return tx.WithContext(context.Background()) },
			"debug":   func(tx *gorm.DB) *gorm.DB { return tx.Debug() },
		} {
			for _, failing := range []error{errNoStock, nil} {
				for _, login := range []bool{false, true} {
					key, orders := s.start(map[string]any{"cart": "tea"}), s.count()
					got := s.visit(key, func(c *Call) {
						session := c.Session()
						session.Get("cart")
						err := s.orders.Transaction(func(tx *gorm.DB) error {
							tx.Create(&order{Item: "tea"})
							emptyCart(session)
							if login {
								session.LogIn("ann")
							}
							if err := session.SaveIn(of(tx)); err != nil {
								return err
							}
							session.Get("last")
							if err := session.SaveIn(of(tx)); err != nil {
								return err
							}
							return failing
						})
						c.String(http.StatusOK, "%v", err)
					})
					if got.body != fmt.Sprint(failing) {
						t.Errorf("%s: %d %s", name, got.status, got.body)
						continue
					}
					now := key
					if login && failing == nil {
						now = got.cookie.Value
					}
					if e := s.entries(now); (e["last"] == nil) != (failing != nil) ||
						(s.count() == orders) != (failing != nil) {
						t.Errorf("%s: %v", name, e)
					}
				}
			}
		}
	})
}

// Of a login that moves a session from the former table as much holds, and with replaced rows.
func (on cases) TestSaveInOfAFormerSession(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		old := on.newShop(t, d, c, "old_sessions")
		s := on.newShop(t, d, c, "web_sessions",
			gormsession.WithFormer(gormsession.WithTable("old_sessions")), gormsession.WithReplacedRows())
		for _, failing := range []error{errNoStock, nil} {
			for _, login := range []bool{false, true} {
				key := old.start(map[string]any{"cart": "tea"})
				var after any
				got := s.visit(key, func(c *Call) {
					session := c.Session()
					_ = s.order(c, func(session *gormsession.State) {
						emptyCart(session)
						if login {
							session.LogIn("ann")
						}
					}, failing)
					after = session.Get("last")
					session.Set("later", true)
				})
				now := key
				if got.cookieIs(key) == "new" {
					now = got.cookie.Value
				}
				e := s.entries(now)
				if (now != key) != (login && failing == nil) || e["later"] != true ||
					(e["last"] == nil) != (failing != nil) || after != e["last"] {
					t.Errorf("login %t, %v: %d, the cookie is %q, %v", login, failing, got.status,
						got.cookieIs(key), e)
				}
			}
		}
	})
}
