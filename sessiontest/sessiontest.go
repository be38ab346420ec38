// Package sessiontest is for the tests of applications: a client that is logged in, a request that
// brings a session, what a session holds afterwards, a clock that the test sets, and a database
// that works, or a transaction that is rolled back.
//
//	db := sessiontest.SQLite(t, sqlite.Open)
//	plugin, err := gormsession.New(db)
//	...
//	ann := sessiontest.NewClient(t, router(plugin), plugin).LogIn(42)
//	response, err := ann.Get(ann.URL + "/account")
//
// Nothing in it is a stand-in: the client speaks HTTPS to a real server, and its session is a row.
package sessiontest

import (
	"context"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/httpsession"
)

// A Client is the browser of one visitor: it keeps cookies, and follows redirects. It is not safe
// for concurrent use; several clients are.
type Client struct {
	*http.Client
	URL string // of the server, without a slash at the end

	t      testing.TB
	plugin *gormsession.Plugin
	base   *url.URL
}

// NewClient serves the handler over HTTPS until the test ends, and returns a visitor without a
// session. The plugin is the one whose sessions the handler uses; as the server is at 127.0.0.1, no
// client keeps a cookie with another Domain. Another visitor of the same server is made by
// [Client.Another].
func NewClient(t testing.TB, handler http.Handler, plugin *gormsession.Plugin) *Client {
	t.Helper()
	server := httptest.NewTLSServer(handler)
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := &Client{Client: server.Client(), URL: server.URL, t: t, plugin: plugin, base: base}
	return c.Another()
}

// place is where browsers send the session's cookie: its Path may be that of a part of the site. A
// cookie that is malformed is deleted there.
func (c *Client) place() *url.URL {
	r, w := httptest.NewRequest(http.MethodGet, c.base.String()+"/", nil), httptest.NewRecorder()
	r.AddCookie(&http.Cookie{Name: c.plugin.CookieName(), Value: "none"})
	httpsession.Handler(c.plugin)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		httpsession.Get(r).Key()
	})).ServeHTTP(w, r)
	at := *c.base
	for _, cookie := range w.Result().Cookies() {
		at.Path = cookie.Path
	}
	return &at
}

// Another is a visitor of the same server with cookies of his own.
func (c *Client) Another() *Client {
	jar, _ := cookiejar.New(nil) // never fails
	other := *c
	other.Client = &http.Client{Transport: c.Transport, Jar: jar}
	return &other
}

// LogIn has the client be logged in, as by [gormsession.State.LogIn], and returns it.
func (c *Client) LogIn(userID any) *Client {
	c.t.Helper()
	return c.Change(func(s *gormsession.State) { s.LogIn(userID) })
}

// With sets entries of the client's session, which is made if there is none, and returns the
// client.
func (c *Client) With(entries map[string]any) *Client {
	c.t.Helper()
	return c.Change(func(s *gormsession.State) { s.SetAll(entries) })
}

// Change changes the client's session, which is made if there is none, and returns the client. An
// error ends the test.
func (c *Client) Change(change func(s *gormsession.State)) *Client {
	c.t.Helper()
	key := saved(c.t, c.plugin, c.key(), change)
	at := c.place()
	c.Jar.SetCookies(at, []*http.Cookie{
		{Name: c.plugin.CookieName(), Value: key, Path: at.Path, Secure: true, HttpOnly: true},
	})
	return c
}

// Entries are what the client's session holds now, nil if it has none.
func (c *Client) Entries() map[string]any {
	c.t.Helper()
	return Entries(c.t, c.plugin, c.key())
}

// key is the session key that the client has.
func (c *Client) key() string {
	for _, cookie := range c.Jar.Cookies(c.place()) {
		if cookie.Name == c.plugin.CookieName() {
			return cookie.Value
		}
	}
	return ""
}

// Request has a request bring a session, for a handler that is called with a
// [httptest.ResponseRecorder], and returns the request. change makes the session.
func Request(
	t testing.TB, plugin *gormsession.Plugin, r *http.Request, change func(s *gormsession.State),
) *http.Request {
	t.Helper()
	r.AddCookie(&http.Cookie{Name: plugin.CookieName(), Value: saved(t, plugin, "", change)})
	return r
}

// Response are the entries of the session that the client has after a response to a request, nil if
// there is none: that of the cookie which the response sets, or else of the one which the request
// has brought; or of the header of [gormsession.WithKeyHeader], where the request has it.
func Response(
	t testing.TB, plugin *gormsession.Plugin, r *http.Request, response *http.Response,
) map[string]any {
	t.Helper()
	key := ""
	for _, cookie := range append(r.Cookies(), response.Cookies()...) {
		if cookie.Name == plugin.CookieName() {
			key = cookie.Value
		}
	}
	if name := plugin.KeyHeader(); r.Header[name] != nil {
		key = r.Header.Get(name)
		if response.Header[name] != nil {
			key = response.Header.Get(name)
		}
	}
	return Entries(t, plugin, key)
}

// Entries are what the session of a key holds now, nil if there is none. An error ends the test.
func Entries(t testing.TB, plugin *gormsession.Plugin, key string) map[string]any {
	t.Helper()
	s, err := plugin.Open(context.Background(), key)
	if err != nil {
		t.Fatalf("sessiontest: the session was not loaded: %v", err)
	}
	if key == "" || s.IsNew() {
		return nil
	}
	return maps.Collect(s.All())
}

// saved makes or changes a session, and returns its key.
func saved(
	t testing.TB, plugin *gormsession.Plugin, key string, change func(s *gormsession.State),
) string {
	t.Helper()
	s, err := plugin.Open(context.Background(), key)
	if err != nil {
		t.Fatalf("sessiontest: the session was not loaded: %v", err)
	}
	change(s)
	if err := s.Save(); err != nil {
		t.Fatalf("sessiontest: the session was not saved: %v", err)
	}
	return s.Key()
}
