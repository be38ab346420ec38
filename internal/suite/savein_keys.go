package suite

import (
	"net/http"
	"testing"

	"github.com/seed7368b609/gormsession"
)

// A new session has its cookie if it was committed. After a rollback there is neither a row nor a
// cookie, and what the handler sets then is in a session of its own.
func (on cases) TestSaveInOfANewSession(t *testing.T) {
	on.everyShop(t, func(t *testing.T, s shop) {
		got := s.visit("", func(c *Call) {
			c.String(http.StatusOK, "%v", s.order(c, emptyCart, nil))
		})
		if got.cookieIs("") != "new" || s.entries(got.cookie.Value)["last"] != "tea" {
			t.Errorf("committed: %d %s, the cookie is %q\n%s", got.status, got.body,
				got.cookieIs(""), s.log)
		}
		rows := len(s.rows())
		got = s.visit("", func(c *Call) {
			c.String(http.StatusConflict, "%v", s.order(c, emptyCart, errNoStock))
		})
		if got.cookie != nil || got.status != http.StatusConflict || len(s.rows()) != rows {
			t.Errorf("rolled back: %d, the cookie is %q, %d rows", got.status, got.cookieIs(""),
				len(s.rows())-rows)
		}
		got = s.visit("", func(c *Call) {
			_ = s.order(c, emptyCart, errNoStock)
			c.Session().Flash("sorry")
			c.String(http.StatusConflict, "%t %v", c.Session().IsEmpty(), c.Session().Get("last"))
		})
		if got.cookieIs("") != "new" || got.body != "false <nil>" {
			t.Fatalf("rolled back, and written: %s, the cookie is %q", got.body, got.cookieIs(""))
		}
		if e := s.entries(got.cookie.Value); len(e) != 1 || e["_flashes"] == nil {
			t.Errorf("rolled back, and written: %v", e)
		}
	})
}

// A login in a transaction is one if that is committed: the client has the new key then, also with
// an error page; and the old one lives on, with all that it had, if it is rolled back, as by a
// panic.
func (on cases) TestSaveInOfALogin(t *testing.T) {
	on.everyShop(t, func(t *testing.T, s shop) {
		login := func(session *gormsession.State) { session.LogIn("ann") }
		for _, status := range []int{http.StatusOK, http.StatusInternalServerError} {
			key := s.start(map[string]any{"cart": "tea"})
			got := s.visit(key, func(c *Call) { c.String(status, "%v", s.order(c, login, nil)) })
			if got.cookieIs(key) != "new" || got.status != status || s.entries(key) != nil {
				t.Fatalf("committed, %d: the cookie is %q\n%s", got.status, got.cookieIs(key), s.log)
			}
			if e := s.entries(got.cookie.Value); e["_user"] != "ann" || e["cart"] != "tea" {
				t.Errorf("committed, %d: %v", status, e)
			}
			key = s.start(map[string]any{"cart": "tea"})
			got = s.visit(key, func(c *Call) {
				err := s.order(c, login, errNoStock)
				c.String(status, "%v", err)
			})
			if e := s.entries(key); got.cookieIs(key) == "new" || got.status != status ||
				e["cart"] != "tea" || e["_user"] != nil {
				t.Errorf("rolled back, %d: the cookie is %q, %v", status, got.cookieIs(key), e)
			}
		}
		key := s.start(map[string]any{"cart": "tea"})
		got := s.visit(key, func(c *Call) {
			_ = s.order(c, login, errNoStock)
			c.String(http.StatusOK, "%q %t", c.Session().UserID(), c.Session().Key() == key)
		})
		if got.body != `"" true` {
			t.Errorf("after a rollback the session is %s", got.body)
		}
		got = s.visit(key, func(c *Call) {
			_ = s.order(c, login, errNoStock)
			c.Session().LogIn("bob")
		})
		if got.cookieIs(key) != "new" || s.entries(got.cookie.Value)["_user"] != "bob" {
			t.Errorf("another login after a rollback: %d, the cookie is %q\n%s", got.status,
				got.cookieIs(key), s.log)
		}
	})
}

// A logout after a login in a transaction ends the session, however the transaction has ended.
func (on cases) TestSaveInThenLogout(t *testing.T) {
	on.everyShop(t, func(t *testing.T, s shop) {
		for _, failing := range []error{errNoStock, nil} {
			rows := len(s.rows())
			key := s.start(map[string]any{"cart": "tea"})
			got := s.visit(key, func(c *Call) {
				_ = s.order(c, func(session *gormsession.State) { session.LogIn("ann") }, failing)
				c.Session().LogOut()
			})
			if got.cookieIs(key) != "deleted" || len(s.rows()) != rows {
				t.Errorf("failing with %v: the cookie is %q, %d rows are left", failing,
					got.cookieIs(key), len(s.rows())-rows)
			}
		}
	})
}
