package django

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/djangotest"
)

// A strangers' site sends everybody to a login page, whatever they ask for.
type strangersSite struct {
	t       *testing.T
	address string
}

func newStrangersSite(t *testing.T, loginURL string) strangersSite {
	t.Helper()
	s := newSite(t, dbtest.New(t, dbtest.SQLite).Open(t), Config{SecretKey: testSecret})
	engine := gin.New()
	engine.Use(ginsession.Handler(s.plugin))
	engine.NoRoute(RequireLogin(s.lookup, WithLoginURL(loginURL)))
	server := httptest.NewServer(engine)
	t.Cleanup(server.Close)
	return strangersSite{t, server.Listener.Addr().String()}
}

// location is where a request leads to whose target no HTTP client would send.
func (s strangersSite) location(target, scheme, host string) string {
	s.t.Helper()
	return s.answer(fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nX-Forwarded-Proto: %s\r\n"+
		"Connection: close\r\n\r\n", target, host, scheme))
}

// answer is where a request leads to.
func (s strangersSite) answer(request string) string {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		s.t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusFound {
		s.t.Errorf("%q was answered with %d", request, res.StatusCode)
	}
	return res.Header.Get("Location")
}

// What login pages are given as next is what Django's login_required gives them, but that a path
// which browsers would take for another host has its slashes escaped, and that a page keeps the
// escapes it was asked for with.
func TestNextIsDjangos(t *testing.T) {
	t.Parallel()
	targets := []string{
		"/", "/a", "/a/", "/a?b=c&d=e/", "/a?", "/a?b=%20c+d", "/a%20b", "/%C3%A9", "/a?q=\xc3\xa9",
		"/\\evil.example",
		"/%5Cevil.example", `/a?"<>^` + "`{|}[]", "/a?next=//evil.example", "/%3Fx", "/%25", "/%23", "/a%00b",
		"/a%0D%0ASet-Cookie:x", "/a//b", "/~a/!$'()*,:@+", "/a?x=http://evil.example/", "/a?%2f",
		"/a?-._~/%[]=:;$&()+,!?*@'",
	}
	departures := map[string]string{ // of paths
		"//evil.example/a":         "/%2Fevil.example/a",
		"///evil.example/a":        "/%2F/evil.example/a",
		"//evil.example":           "/%2Fevil.example",
		"//":                       "/%2F",
		"//\\evil.example":         "/%2F%5Cevil.example",
		"//evil.example/a?b=c":     "/%2Fevil.example/a?b=c",
		"/%2fevil.example/a":       "/%2fevil.example/a",
		"/a%2fb?c=%2f":             "/a%2fb?c=%2f",
		"/a;b=c[d]":                "/a;b=c[d]",
		"http://evil.example//a?b": "/%2Fa?b", // of a proxy's client
		"http://evil.example?b=c":  "/?b=c",
	}
	pages := []struct{ login, scheme, host string }{
		{"/accounts/login/", "http", "site.example"},
		{"/accounts/login/", "https", "site.example:8443"},
		{"/login?z=1&a=2+3&next=/x&b", "http", "site.example"},
		{"/login?next=/x&a=1&next=/y", "http", "site.example"},
		{"/login?q=100%&&c=%2B;d", "http", "site.example"},
		{"/login#form", "http", "site.example"},
		{"/log in?a=\u00e9", "http", "site.example"},
		{"https://id.example/login", "http", "site.example"},
		{"https://id.example/login", "https", "site.example"},
		{"//id.example/login", "http", "site.example"},
		{"http://site.example/login", "http", "site.example"},
		{"https://site.example/login", "http", "site.example"},
		{"http://site.example/login", "https", "site.example"},
		{"//site.example/login", "https", "site.example"},
		{"http://ann@site.example/login", "http", "site.example"},
		{"http://site.example/login", "http", "site.example:8080"},
		{"http://site.example:8080/login", "http", "site.example:8080"},
		{"HTTP://site.example/login", "http", "site.example"},
		{"http://SITE.example/login", "http", "site.example"},
	}
	for _, version := range []djangotest.Version{djangotest.V32, djangotest.V61} {
		t.Run(string(version), func(t *testing.T) {
			t.Parallel()
			django := djangotest.Start(t, version, dbtest.New(t, dbtest.SQLite), nil)
			for _, page := range pages {
				var steps []step
				for _, target := range targets {
					steps = append(steps, step{"login_redirect", target, page.scheme, page.host, page.login})
				}
				site := newStrangersSite(t, page.login)
				answers := django.Must(t, http.DefaultClient, steps...)
				for i, target := range targets {
					got, want := site.location(target, page.scheme, page.host), answers.Result(t, i).(string)
					if got != want {
						t.Errorf("%q from %v:\n%s, Django says\n%s", target, page, got, want)
					}
				}
				for target, want := range departures {
					host := page.host
					if strings.HasPrefix(target, "http:") {
						host = "evil.example" // by RFC 9112, 3.2.2
					}
					location := site.location(target, page.scheme, page.host)
					if next := nextOf(t, location); strings.HasPrefix(next, "http") {
						want = page.scheme + "://" + host + strings.Replace(want, "/%2F", "//", 1)
						if next != want {
							t.Errorf("%q to %s: next is %q, want %q", target, page.login, next, want)
						}
					} else if next != want {
						t.Errorf("%q to %s: next is %q, want %q", target, page.login, next, want)
					}
				}
			}
		})
	}
}

// A client of HTTP/1.0 that names no host gets the page's path, wherever the login page is.
func TestNextWithoutAHost(t *testing.T) {
	t.Parallel()
	for _, login := range []string{"/login", "http://id.example/login"} {
		location := newStrangersSite(t, login).answer("GET //a?b=c HTTP/1.0\r\n\r\n")
		if next := nextOf(t, location); next != "/%2Fa?b=c" {
			t.Errorf("%s: next is %q", login, next)
		}
	}
}

func nextOf(t *testing.T, location string) string {
	t.Helper()
	u, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("next")
}

// Whatever a page is called: what a browser makes of next is a page of the site.
func TestNextStaysOnTheSite(t *testing.T) {
	t.Parallel()
	site := newStrangersSite(t, "/login")
	base, err := url.Parse("http://site.example/login")
	if err != nil {
		t.Fatal(err)
	}
	pieces := []string{
		"/", "/", "\\", "%2f", "%5c", "evil.example", "%09", "%0a", ".", "..", "@", ":", "http:", ";",
		"?", "#",
	}
	n := len(pieces)
	for i := range n * n * n {
		target := "/" + pieces[i%n] + pieces[i/n%n] + pieces[i/n/n] + "evil.example"
		next := nextOf(t, site.location(target, "http", "site.example"))
		u, err := base.Parse(next)
		if err != nil || u.Host != "site.example" ||
			strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\t\r\n") {
			t.Errorf("%q: next is %q, which leads to %v, %v", target, next, u, err)
		}
	}
}
