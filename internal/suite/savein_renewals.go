package suite

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A middleware that commits once the response is on its way: what is merely renewed is no later
// change.
func (on cases) TestSaveInUnderAMiddlewareOutside(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		for name, opts := range map[string][]gormsession.Option{
			"plain":   nil,
			"rolling": {gormsession.WithRolling()},
			"each":    {gormsession.WithSaveEveryRequest()},
			"exact":   {gormsession.WithExpiryStep(0)},
			"touched": nil,
		} {
			s := on.newShop(t, d, c, name+"_sessions", opts...)
			key := s.start(map[string]any{"cart": "tea"})
			var tx *gorm.DB
			got := s.visit(key, func(c *Call) {
				session := c.Session()
				session.Get("cart")
				tx = s.orders.Begin()
				tx.Create(&order{Item: "tea"})
				emptyCart(session)
				if name == "touched" {
					session.Touch()
				}
				if err := session.SaveIn(tx); err != nil {
					t.Error(err)
				}
			})
			if err := tx.Commit().Error; err != nil {
				t.Error(err)
			}
			if got.status != http.StatusOK {
				t.Errorf("%s: %d %s\n%s", name, got.status, got.body, s.log)
			}
		}
	})
}

// A renewal that was rolled back is done with the response, where it is due there.
func (on cases) TestSaveInOfARenewal(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		for name, opts := range map[string][]gormsession.Option{
			"each":    {gormsession.WithSaveEveryRequest()},
			"rolling": {gormsession.WithRolling()},
			"exact":   {gormsession.WithExpiryStep(0), gormsession.WithSaveEveryRequest()},
		} {
			s := on.newShop(t, d, c, name+"_sessions", append(opts,
				gormsession.WithLifetime(time.Hour))...)
			key := s.start(map[string]any{"cart": "tea"})
			s.clock.advance(50 * time.Minute)
			got := s.visit(key, func(c *Call) {
				_ = s.order(c, func(*gormsession.State) {}, errNoStock)
			})
			s.clock.advance(20 * time.Minute)
			if s.entries(key) == nil {
				t.Errorf("%s: %d, the cookie is %q, and the session has ended: %s", name, got.status,
					got.cookieIs(key), got.verbs())
			}
		}
	})
}

// The response does not save again what was committed.
func (on cases) TestSaveInIsNotSavedTwice(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		for name, opts := range map[string][]gormsession.Option{
			"each":      {gormsession.WithSaveEveryRequest()},
			"rolling":   {gormsession.WithRolling()},
			"exact":     {gormsession.WithExpiryStep(0)},
			"exacteach": {gormsession.WithExpiryStep(0), gormsession.WithSaveEveryRequest()},
			"exactroll": {gormsession.WithExpiryStep(0), gormsession.WithRolling()},
		} {
			for _, login := range []bool{false, true} {
				s := on.newShop(t, d, c, fmt.Sprint(name, login), opts...)
				key := s.start(map[string]any{"cart": "tea"})
				got := s.visit(key, func(c *Call) {
					_ = s.order(c, func(session *gormsession.State) {
						emptyCart(session)
						if login {
							session.LogIn("ann")
						}
					}, nil)
				})
				if strings.Count(got.verbs(), "UPDATE") != 1 {
					t.Errorf("%s, login %t: %s", name, login, got.verbs())
				}
			}
		}
	})
}

// A logout behind SaveIn in a transaction that stays open does not wait for it.
func (on cases) TestSaveInThenLogoutInOpenTransaction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newShop(t, d, dbtest.Config{}, "web_sessions", gormsession.WithTimeout(3*time.Second))
		key := s.start(map[string]any{"cart": "tea"})
		var tx *gorm.DB
		began := time.Now()
		got := s.visit(key, func(c *Call) {
			session := c.Session()
			session.Get("cart")
			tx = s.orders.Begin()
			emptyCart(session)
			if err := session.SaveIn(tx); err != nil {
				t.Error(err)
			}
			session.LogOut()
		})
		tx.Rollback()
		if took := time.Since(began); took > time.Second {
			t.Errorf("%d after %v", got.status, took)
		}
	})
}

// Save has moved the expiry; a rollback of SaveIn does not take the cookie back.
func (on cases) TestSaveThenSaveIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newShop(t, d, dbtest.Config{}, "web_sessions")
		key := s.start(map[string]any{"cart": "tea"})
		s.clock.advance(24 * time.Hour)
		got := s.visit(key, func(c *Call) {
			session := c.Session()
			session.Set("x", true)
			if err := session.Save(); err != nil {
				t.Error(err)
			}
			_ = s.order(c, emptyCart, errNoStock)
			session.Get("cart")
		})
		if got.cookieIs(key) != "refreshed" {
			t.Errorf("the cookie is %q", got.cookieIs(key))
		}
	})
}
