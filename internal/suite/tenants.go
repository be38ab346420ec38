package suite

import (
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// tenants are what a site of several says of its cookies, by a list of its own.
func tenants(r *http.Request) (c gormsession.CookieAttributes) {
	host, _, _ := strings.Cut(r.Host, ":")
	switch {
	case host == "a.example" || strings.HasSuffix(host, ".a.example"):
		c.Domain = "a.example"
	case host == "b.example":
		c.Path, c.SameSite = "/b", http.SameSiteStrictMode
	case host == "c.example":
		c.SameSite, c.Partitioned = http.SameSiteNoneMode, true
	case host == "d.example":
		c.Secure = true
	}
	return c
}

// at is a request to that host.
func at(host string) func(*http.Request) { return func(r *http.Request) { r.Host = host } }

// forTenants are the settings of such a site.
func forTenants(f func(*http.Request) gormsession.CookieAttributes) gormsession.Option {
	return gormsession.WithOptions(gormsession.WithCookieFor(f), gormsession.WithRolling())
}

// For each request the cookie has its tenant's attributes, and what no tenant says is as the other
// options say: also where it is renewed, and where it is deleted, or browsers would keep it.
func (on cases) TestCookieFor(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), forTenants(tenants))
	for host, want := range map[string]string{
		"www.a.example": "session; Path=/; Domain=a.example; HttpOnly; SameSite=Lax",
		"a.example:80":  "session; Path=/; Domain=a.example; HttpOnly; SameSite=Lax",
		"b.example":     "session; Path=/b; HttpOnly; SameSite=Strict",
		"c.example":     "session; Path=/; HttpOnly; Secure; SameSite=None; Partitioned",
		"d.example":     "session; Path=/; HttpOnly; Secure; SameSite=Lax",
		"e.example":     "session; Path=/; HttpOnly; SameSite=Lax",
	} {
		first := s.visit("", writeName("Ann"), at(host))
		if first.cookie == nil {
			t.Fatalf("%s: no cookie: %d", host, first.status)
		}
		key := first.cookie.Value
		s.clock.advance(24 * time.Hour)
		for name, got := range map[string]reply{
			"set":       first,
			"renewed":   s.visit(key, readName, at(host)),
			"ended":     s.visit(key, pageF, at(host)),
			"malformed": s.visit("nonsense", readName, at(host)),
			"ended, a panic": s.visit(s.start(map[string]any{"n": 1}),
				func(c *Call) { pageF(c); panic("no") }, at(host)),
			"saved, 500": s.visit("", func(c *Call) { pageW(c); saves(c); c.Status(500) }, at(host)),
			"saved, an error": s.visit("",
				func(c *Call) { pageW(c); saves(c); set("bad", make(chan int))(c) }, at(host)),
		} {
			if got.cookie == nil || !maps.Equal(attributesOf(got.line), attributesOf(want)) {
				t.Errorf("%s, %s: %s, want %s", host, name, got.line, want)
			}
		}
	}
}

// A browser that knows two tenants keeps their sessions apart, brings each to the hosts and pages
// of its own, and forgets the one that is ended.
func (on cases) TestCookiesOfTwoTenants(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), forTenants(tenants))
	server, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (
		net.Conn, error,
	) {
		return (&net.Dialer{}).DialContext(ctx, network, server.Host)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	browser := &http.Client{Transport: transport, Jar: jar}
	visit := func(place string, page func(*Call)) string {
		t.Helper()
		got, err := browser.Get("http://" + place + s.addPage(page))
		if err != nil {
			t.Fatal(err)
		}
		defer got.Body.Close()
		body, err := io.ReadAll(got.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	reads := func(want map[string]string) {
		t.Helper()
		for place, name := range want {
			if got := visit(place, readName); got != name {
				t.Errorf("at %s it reads %s, want %s", place, got, name)
			}
		}
	}
	visit("www.a.example/", writeName("Ann"))
	visit("b.example/b/login/", writeName("Bob"))
	reads(map[string]string{
		"www.a.example/": `"Ann"`, "a.example/": `"Ann"`, "api.a.example/x/": `"Ann"`,
		"b.example/b/": `"Bob"`, "b.example/": "null", "www.b.example/b/": "null", "e.example/": "null",
	})
	visit("a.example/shop/", pageC) // a login at another host of the tenant replaces it everywhere
	reads(map[string]string{"www.a.example/": `"Ann"`, "b.example/b/": `"Bob"`})
	visit("api.a.example/", pageF)
	reads(map[string]string{"www.a.example/": "null", "a.example/": "null", "b.example/b/": `"Bob"`})
	visit("b.example/b/", pageF)
	reads(map[string]string{"b.example/b/": "null"})
	for _, place := range []string{"http://www.a.example/", "http://b.example/b/"} {
		at, err := url.Parse(place)
		if err != nil {
			t.Fatal(err)
		}
		if left := jar.Cookies(at); len(left) > 0 || len(s.rows()) > 0 {
			t.Errorf("%s: %v is left, and %d rows", place, left, len(s.rows()))
		}
	}
	if s.absences() != 0 {
		t.Errorf("cookies are missed: %s", s.log)
	}
}
