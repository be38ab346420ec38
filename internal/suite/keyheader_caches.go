package suite

import (
	"net/http"
	"slices"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A response with a key in its header is stored by no shared cache, whatever the handler, or an
// error handler, says; what it says to scripts of other origins stays.
func (on cases) TestKeyHeaderIsNotStored(t *testing.T) {
	say := func(w http.ResponseWriter) {
		h := w.Header()
		h.Set("Cache-Control", "public, max-age=60")
		h.Set("CDN-Cache-Control", "max-age=60")
		h.Set("Vary", "Origin")
		h.Set("Access-Control-Allow-Origin", "https://app.example")
		h.Set("Access-Control-Expose-Headers", keyField)
	}
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithKeyHeader(keyField),
		gormsession.WithErrorHandler(func(w http.ResponseWriter, _ *http.Request, _ error) bool {
			say(w)
			http.Error(w, "sorry", http.StatusInternalServerError)
			return true
		}))
	key := s.call(pageW, "").told()
	for name, c := range map[string]struct {
		brings string
		page   func(*Call)
	}{
		"new": {"", pageW}, "cycled": {key, pageC},
		"saved, an error": {"", func(c *Call) {
			pageW(c)
			saves(c)
			c.Session().Set("n", make(chan int))
		}},
		"ended, an error": {s.call(pageW, "").told(), func(c *Call) {
			c.Session().Set("n", make(chan int))
			pageF(c)
		}},
	} {
		got := s.call(func(call *Call) { say(call.Writer); c.page(call) }, c.brings)
		if got.told() == "" {
			t.Errorf("%s: no key is told: %v", name, got.header)
		}
		got.wantsNoCache(t, name)
		vary := got.header.Get("Vary")
		if got.status == http.StatusOK && vary != "Origin, Cookie, X-Session" ||
			!slices.Equal(got.header["Access-Control-Expose-Headers"], []string{keyField}) {
			t.Errorf("%s: %v", name, got.header)
		}
	}
	got := s.call(func(c *Call) { say(c.Writer); untouched(c) }, key)
	if got.header.Get("Cache-Control") != "public, max-age=60" || got.header.Get("Vary") != "Origin" {
		t.Errorf("untouched: %v", got.header)
	}
}

// What the options say of users' pages and of logouts goes for clients without cookies too.
func (on cases) TestKeyHeaderOfAUser(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.Production(),
		gormsession.WithClearSiteData(), gormsession.WithKeyHeader(keyField))
	key := s.call(logIn(1), "").told()
	if got := s.call(readName, key); got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("a user's page: %v", got.header)
	}
	got := s.call(func(c *Call) { c.Session().LogOut() }, key)
	if got.told() != "forget" || got.header.Get("Clear-Site-Data") == "" {
		t.Errorf("a logout: %v", got.header)
	}
}
