package suite

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A shared cache may store what has a lifetime, Set-Cookie and all (RFC 9111, 7.3), and give it to
// everybody without a cookie.
func (on cases) TestCookieIsNotStored(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	for said, want := range map[string]string{
		"max-age=60": "max-age=60, private", "private, max-age=60": "private, max-age=60",
		"no-store": "no-store", "no-cache": "no-cache, private",
	} {
		got := s.visit("", func(c *Call) {
			c.Header("Cache-Control", said)
			c.Session().Set("n", 1)
		})
		if control := got.header.Get("Cache-Control"); control != want || got.cookie == nil {
			t.Errorf("%q became %q, with %s", said, control, got.line)
		}
	}
	got := s.visit(s.start(map[string]any{"n": 1}), func(c *Call) {
		c.Header("Cache-Control", "max-age=60")
		c.Session().Get("n")
	})
	if control := got.header.Get("Cache-Control"); control != "max-age=60" || got.cookie != nil {
		t.Errorf("a page that was read says %q, with %s", control, got.line)
	}
}

// isPrivate is the least that every cache understands, after what is quoted.
var isPrivate = regexp.MustCompile(`(?i)(^|, *)(private|no-store)(,|$)`)

var quoted = regexp.MustCompile(`"[^"]*"?`)

// wantsNoCache checks that a response with our cookie is one that no shared cache stores.
func (r reply) wantsNoCache(t *testing.T, what string) {
	t.Helper()
	control := strings.Join(r.header["Cache-Control"], ", ")
	if !isPrivate.MatchString(quoted.ReplaceAllString(control, "")) {
		t.Errorf("%s: %s goes out with Cache-Control: %q", what, r.line, control)
	}
	for name := range r.header {
		if name != "Cache-Control" && strings.HasSuffix(name, "-Control") &&
			r.header.Get(name) != "no-store" {
			t.Errorf("%s: %s goes out with %s: %q", what, r.line, name, r.header.Get(name))
		}
	}
}

// Whatever a handler says of caching, a response that sets our cookie or deletes it is stored by no
// shared cache: also one that an error handler writes, and one to a panic.
func (on cases) TestNoSharedCacheStoresACookie(t *testing.T) {
	headers := []http.Header{
		{}, {"Cache-Control": {"no-cache"}}, {"Cache-Control": {`no-cache="x"`}},
		{"Cache-Control": {`private="x"`}},
		{"Cache-Control": {"max-age=60"}}, {"Cache-Control": {"max-age=60", "must-revalidate"}},
		{"Cache-Control": {"public"}},
		{"Cache-Control": {"s-maxage=60, private=a"}}, {"Cache-Control": {`x="a, private, b"`}},
		{"Cache-Control": {`x="a, no-store`}},
		{"Cache-Control": {"private"}}, {"Cache-Control": {"no-store"}},
		{"Cache-Control": {"no-store, must-understand"}},
		{"Cdn-Cache-Control": {"max-age=60"}}, {"Cdn-Cache-Control": {"no-store"}},
		{"Cache-Control": {"private"}, "Cloudflare-Cdn-Cache-Control": {"max-age=60"}},
		{"Cache-Control": {"no-store"}, "Surrogate-Control": {"max-age=60"},
			"Edge-Control": {"max-age=60"}},
	}
	pages := []struct {
		name, request string
		page          func(*Call)
	}{
		{"new", "none", pageW}, {"refreshed", "live", writeName("Eve")}, {"cycled", "live", pageC},
		{"flushed", "live", pageF},
		{"flushed, 500", "live", func(c *Call) { pageF(c); c.Status(500) }},
		{"flushed, a panic", "live", func(c *Call) { pageF(c); panic("in the handler") }},
		{"emptied", "unknown", pageE}, {"unknown", "unknown", pageR}, {"malformed", "malformed", pageR},
		{"saved, 500", "none",
			func(c *Call) { pageW(c); _ = c.Session().Save(); c.Status(500) }},
		{"saved, a panic", "none",
			func(c *Call) { pageW(c); _ = c.Session().Save(); panic("in the handler") }},
		{"saved, an error", "none", func(c *Call) {
			pageW(c)
			_ = c.Session().Save()
			c.Session().Set("n", make(chan int))
		}},
		{"flushed, an error", "live", func(c *Call) {
			c.Session().Set("n", make(chan int))
			pageF(c)
		}},
	}
	var said http.Header
	say := func(w http.ResponseWriter) { maps.Copy(w.Header(), said.Clone()) }
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithUnknownCookieDeleted(),
		gormsession.WithErrorHandler(func(w http.ResponseWriter, _ *http.Request, _ error) bool {
			say(w)
			http.Error(w, "sorry", http.StatusInternalServerError)
			return true
		}))
	// A middleware outside may have said so before.
	outside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		say(w)
		s.handler.ServeHTTP(w, r)
	}))
	t.Cleanup(outside.Close)
	for _, url := range []string{s.url, outside.URL} {
		s.url = url
		for _, said = range headers {
			for _, p := range pages {
				got := s.visit(s.bring(p.request), func(c *Call) {
					if url != outside.URL {
						say(c.Writer)
					}
					p.page(c)
				})
				switch {
				case got.cookie != nil:
					got.wantsNoCache(t, p.name)
				case p.name != "unknown" && p.name != "malformed": // a read leaves those for all alone
					t.Errorf("%s, %v: no cookie", p.name, said)
				}
			}
		}
	}
}
