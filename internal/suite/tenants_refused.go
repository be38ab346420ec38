package suite

import (
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Where the function says what the client says, whatever the client says makes no cookie for more
// than its host, and no line that is not one; the log says so once.
func (on cases) TestDomainOfTheClient(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithCookieFor(
		func(r *http.Request) gormsession.CookieAttributes {
			return gormsession.CookieAttributes{Domain: r.Header.Get("X-Host"), Path: "/app"}
		}))
	for host, is := range map[string]string{
		"a.example": "a.example", ".a.example": "a.example", "A.Example": "A.Example",
		"a.example:8080": "", "a.example;b": "", "a.example, b": "", "https://a.example": "", "a b": "",
		"a_b.example": "", "[::1]": "", "::1": "", "*.example": "", "-a.example": "", "a..example": "",
		"é.example": "", strings.Repeat("a", 300): "", "; Path=/; Secure": "", ".": "",
	} {
		got := s.visit("", writeName("Ann"), func(r *http.Request) {
			r.Header["X-Host"] = []string{host}
		})
		want := "session; Path=/app; HttpOnly; SameSite=Lax"
		if is != "" {
			want += "; Domain=" + is
		}
		if got.status != http.StatusOK || got.cookie == nil ||
			!maps.Equal(attributesOf(got.line), attributesOf(want)) {
			t.Errorf("%.40q: %d, %s", host, got.status, got.line)
		}
	}
	if n := strings.Count(s.log.String(), "goes to the host alone"); n != 1 {
		t.Errorf("it is said %d times: %s", n, s.log)
	}
	s.log.wants(t, "level=ERROR", "WithDomain(")
}

// With what browsers would refuse otherwise nothing is saved, no cookie leaves, and the response
// and the log say so; who does not use the session is not asked.
func (on cases) TestCookieForIsRefused(t *testing.T) {
	type attributes = gormsession.CookieAttributes
	type options = []gormsession.Option
	host, insecure := gormsession.WithCookieName("__Host-session"), gormsession.WithSecure(false)
	for name, c := range map[string]struct {
		says    attributes
		options options
	}{
		"WithPath(":         {attributes{Path: "b"}, nil},
		"printable":         {attributes{Path: "/a;b", Domain: "a.example"}, nil},
		"WithSameSite(9)":   {attributes{SameSite: 9}, nil},
		"SameSite=None":     {attributes{SameSite: http.SameSiteNoneMode}, options{insecure}},
		"Partitioned":       {attributes{Partitioned: true}, options{insecure}},
		"__Host- has the p": {attributes{Path: "/b"}, options{host}},
	} {
		asked := 0
		var errs []error
		s := on.newSite(t, dbtest.New(t, dbtest.SQLite), append(c.options,
			gormsession.WithCookieFor(func(*http.Request) attributes { asked++; return c.says }),
			gormsession.WithErrorHandler(func(_ http.ResponseWriter, _ *http.Request, err error) bool {
				errs = append(errs, err)
				return true
			}))...)
		got := s.visit("", writeName("Ann"))
		if got.status != http.StatusInternalServerError || len(got.header["Set-Cookie"]) > 0 ||
			len(s.rows()) > 0 || len(errs) != 1 || !errors.Is(errs[0], gormsession.ErrCookie) || asked != 1 {
			t.Errorf("%s: %d, %v, %d rows, %v, asked %d times", name, got.status, got.header,
				len(s.rows()), errs, asked)
		}
		s.log.wants(t, "level=ERROR", name)
		if got := s.visit("", pageS); got.status != http.StatusOK || asked != 1 {
			t.Errorf("%s, untouched: %d, asked %d times", name, got.status, asked)
		}
		saved := s.visit("", func(c *Call) { pageW(c); saves(c); panic("in the handler") })
		if len(saved.header["Set-Cookie"]) > 0 {
			t.Errorf("%s, a panic: %v", name, saved.header)
		}
	}
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), host, gormsession.WithCookieFor(tenants))
	s.cookieName = "__Host-session"
	if got := s.visit("", writeName("Ann"), at("a.example")); got.cookie == nil ||
		got.cookie.Domain != "" || got.cookie.Path != "/" || !got.cookie.Secure {
		t.Errorf("a Domain with __Host-: %d %v", got.status, got.header)
	}
}

// The function must not use the session, which is an error and no deadlock; and where it panics
// nothing is saved and no cookie leaves, whatever the handler has come to.
func (on cases) TestCookieForThatMeddles(t *testing.T) {
	var session *gormsession.State
	asked, does := 0, func() {}
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithCookieFor(
		func(*http.Request) (c gormsession.CookieAttributes) { asked++; does(); return c }))
	key := s.start(map[string]any{"name": "Ann"})
	for name, meddles := range map[string]func(){
		"reads":  func() { session.Get("name") },
		"writes": func() { session.Set("name", "Eve") },
		"saves":  func() { _ = session.Save() },
		"panics": func() { panic("in the function") },
	} {
		for _, key := range []string{"", key} {
			for what, page := range map[string]func(*Call){
				"write": writeName("Bob"), "login": pageC,
				"panic": func(c *Call) { pageW(c); panic("in the handler") },
			} {
				before := s.rows()
				does = meddles
				got := s.visit(key, func(c *Call) { session = c.Session(); page(c) })
				does = func() {}
				if got.status != http.StatusInternalServerError || got.cookie != nil ||
					!maps.Equal(s.rows(), before) {
					t.Errorf("%s, %s: %d, %s, %d rows", name, what, got.status, got.line, len(s.rows()))
				}
			}
		}
		does, asked = meddles, 0
		got := s.visit("", func(c *Call) { session = c.Session(); pageW(c); saves(c) })
		if got.status != http.StatusInternalServerError || got.cookie != nil || asked != 1 {
			t.Errorf("%s, saved before: %d, %s, asked %d times", name, got.status, got.line, asked)
		}
		does = func() {}
		other := s.start(map[string]any{"name": "Eve"})
		does = meddles
		got = s.visit(other, func(c *Call) { session = c.Session(); pageF(c); panic("in the handler") })
		does = func() {}
		if got.status != http.StatusInternalServerError || got.cookie != nil || s.entries(other) != nil {
			t.Errorf("%s, a logout and a panic: %d, %s", name, got.status, got.line)
		}
	}
	if got := s.visit(key, readName); got.body != `"Ann"` {
		t.Errorf("afterwards it reads %s", got.body)
	}
	// An adapter may answer by Fail before anything was committed.
	got := s.visit("malformed", func(c *Call) {
		c.Session().Get("name")
		does = func() { does = func() {}; panic("in the function") }
		s.plugin.Adapter().Fail(c.Session(), c.Writer, c.Request, gormsession.ErrUnavailable)
	})
	if got.status != http.StatusInternalServerError || got.cookie != nil {
		t.Errorf("a panic in Fail: %d, %s", got.status, got.line)
	}
}
