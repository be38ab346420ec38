package suite

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// An order is what an application stores together with the session.
type order struct {
	ID   uint
	Item string `gorm:"size:100"`
}

// A shop is a site with orders.
type shop struct {
	*site
	orders *gorm.DB
}

func (on ground) newShop(
	t *testing.T, d *dbtest.DB, c dbtest.Config, table string, opts ...gormsession.Option,
) shop {
	t.Helper()
	s := on.newSiteWith(t, d, c.Gorm(), append(opts, gormsession.WithTable(table))...)
	s.table = table
	if err := s.db.AutoMigrate(&order{}); err != nil {
		t.Fatal(err)
	}
	return shop{s, s.db}
}

var errNoStock = errors.New("out of stock")

// order stores an order and the session with it, unless failing is an error: then both are rolled
// back.
func (s shop) order(c *Call, change func(*gormsession.State), failing error) error {
	session := c.Session()
	session.Get("cart") // before the transaction, which may have the only connection
	return s.orders.Transaction(func(tx *gorm.DB) error {
		if err := tx.Create(&order{Item: "tea"}).Error; err != nil {
			return err
		}
		change(session)
		if err := session.SaveIn(tx); err != nil {
			return err
		}
		return failing
	})
}

// count is how many orders there are.
func (s shop) count() (n int64) {
	s.t.Helper()
	if err := s.orders.Model(&order{}).Count(&n).Error; err != nil {
		s.t.Fatal(err)
	}
	return n
}

func emptyCart(session *gormsession.State) {
	session.Delete("cart")
	session.Set("last", "tea")
}

// everyShop runs a case on shops whose sessions are kept in each way.
func (on cases) everyShop(t *testing.T, f func(t *testing.T, s shop)) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		for name, opts := range map[string][]gormsession.Option{
			"hashed": nil,
			"sealed": {gormsession.WithEncryption(sealKeyA)},
			"exact":  {gormsession.WithExpiryStep(0)},
		} {
			t.Run(name, func(t *testing.T) { f(t, on.newShop(t, d, c, name+"_sessions", opts...)) })
		}
	})
}

// The session is committed with the order, by one statement of its own, and the response does not
// save it again; it is rolled back with the order, and the response is the handler's.
func (on cases) TestSaveIn(t *testing.T) {
	on.everyShop(t, func(t *testing.T, s shop) {
		key, before := s.start(map[string]any{"cart": "tea", "name": "Ann"}), s.count()
		got := s.visit(key, func(c *Call) {
			err := s.order(c, emptyCart, errNoStock)
			c.String(http.StatusConflict, "%v", err)
		})
		if got.status != http.StatusConflict || got.body != errNoStock.Error() {
			t.Errorf("rolled back: %d %s\n%s", got.status, got.body, s.log)
		}
		if e := s.entries(key); e["cart"] != "tea" || e["last"] != nil || s.count() != before {
			t.Errorf("rolled back: %v, %d orders", e, s.count())
		}
		got = s.visit(key, func(c *Call) {
			err := s.order(c, emptyCart, nil)
			c.String(http.StatusOK, "%v", err)
		})
		if got.status != http.StatusOK || strings.Count(got.verbs(), "UPDATE") != 1 ||
			strings.Count(got.verbs(), "BEGIN") != 1 {
			t.Errorf("committed: %d %s, %q\n%s", got.status, got.body, got.verbs(), s.log)
		}
		if e := s.entries(key); len(e) != 2 || e["last"] != "tea" || e["name"] != "Ann" ||
			s.count() != before+1 {
			t.Errorf("committed: %v, %d orders", e, s.count())
		}
	})
}

// After a rollback the handler reads the session as it was, and what it changes then is saved with
// the response; after a commit it is saved on what was committed. A function of Modify's counts
// once in each case.
func (on cases) TestSaveInAndAfterwards(t *testing.T) {
	on.everyShop(t, func(t *testing.T, s shop) {
		for _, failing := range []error{errNoStock, nil} {
			key := s.start(map[string]any{"cart": "tea", "n": 1})
			got := s.visit(key, func(c *Call) {
				session := c.Session()
				_ = s.order(c, func(session *gormsession.State) {
					emptyCart(session)
					counter.Modify(session, plusOne)
				}, failing)
				seen := fmt.Sprintf("%v %v %v", session.Get("cart"), session.Get("last"), session.Get("n"))
				session.Flash("done")
				c.String(http.StatusOK, "%s %d", seen, counter.Modify(session, plusOne))
			})
			want, cart, n := "tea <nil> 1 2", any("tea"), int64(2)
			if failing == nil {
				want, cart, n = "<nil> tea 2 3", nil, 3
			}
			e := s.entries(key)
			if got.body != want || e["cart"] != cart || e["n"] != n || e["_flashes"] == nil {
				t.Errorf("failing with %v: %d %s, then %v\n%s", failing, got.status, got.body, e, s.log)
			}
			key = s.start(map[string]any{"cart": "tea", "n": 1})
			s.visit(key, func(c *Call) { // without a look in between
				_ = s.order(c, func(session *gormsession.State) {
					emptyCart(session)
					counter.Modify(session, plusOne)
				}, failing)
				c.Session().Set("later", true)
			})
			if e := s.entries(key); e["cart"] != cart || e["n"] != n-1 || e["later"] != true {
				t.Errorf("failing with %v, then written: %v\n%s", failing, e, s.log)
			}
		}
	})
}

// Several saves in one transaction count together. What was rolled back to a savepoint is not in
// it, and the transaction goes on from there.
func (on cases) TestSaveInWithSavepoints(t *testing.T) {
	on.everyShop(t, func(t *testing.T, s shop) {
		for _, change := range []func(*gormsession.State){
			func(session *gormsession.State) { session.Set("inner", true) },
			func(session *gormsession.State) { session.LogIn("ann") },
		} {
			key := s.start(map[string]any{"cart": "tea"})
			got := s.visit(key, func(c *Call) {
				session := c.Session()
				session.Get("cart")
				c.String(http.StatusOK, "%v", s.orders.Transaction(func(tx *gorm.DB) error {
					session.Set("first", true)
					if err := session.SaveIn(tx); err != nil {
						return err
					}
					_ = tx.Transaction(func(inner *gorm.DB) error {
						change(session)
						if err := session.SaveIn(inner); err != nil {
							return err
						}
						return errNoStock
					})
					session.Set("last", true)
					return session.SaveIn(tx)
				}))
			})
			e := s.entries(key)
			if got.body != "<nil>" || e["first"] != true || e["last"] != true || e["inner"] != nil ||
				e["_user"] != nil || e["cart"] != "tea" {
				t.Errorf("%d %s, and the session holds %v\n%s", got.status, got.body, e, s.log)
			}
		}
	})
}

// Outside of a request a session is saved with the work, too.
func (on cases) TestSaveInOfAWorker(t *testing.T) {
	on.everyShop(t, func(t *testing.T, s shop) {
		key := s.start(map[string]any{"n": 1})
		session, err := s.plugin.Open(context.Background(), key)
		if err != nil {
			t.Fatal(err)
		}
		for i, failing := range []error{errNoStock, nil} {
			_ = s.orders.Transaction(func(tx *gorm.DB) error {
				counter.Modify(session, plusOne)
				if err := session.SaveIn(tx); err != nil {
					t.Error(err)
				}
				return failing
			})
			if e := s.entries(key); e["n"] != int64(1+i) {
				t.Errorf("failing with %v: %v", failing, e)
			}
		}
		if err := session.Save(); err != nil || s.entries(key)["n"] != int64(2) {
			t.Errorf("%v, %v", err, s.entries(key))
		}
	})
}
