package suite

import (
	"net/http"
	"strings"
	"time"

	"github.com/seed7368b609/gormsession"
)

// hello writes to the session and answers with that status.
func hello(status int) func(*Call) {
	return func(c *Call) {
		c.Session().Set("hello", "world")
		c.String(status, "Session test")
	}
}

func farewell(c *Call) {
	c.Session().Flush()
	c.String(http.StatusOK, "Session test")
}

// greeted visits a page that writes, and wants a cookie that makes the response vary.
func (d *djangoRun) greeted(opts ...gormsession.Option) *http.Cookie {
	d.t.Helper()
	got := d.with(opts...).visit("", hello(http.StatusOK))
	d.equal("Vary", got.header.Get("Vary"), "Cookie")
	if got.cookie == nil {
		d.t.Fatal("no cookie was set")
	}
	d.equal("entries", d.entries(got.cookie.Value), map[string]any{"hello": "world"})
	return got.cookie
}

// deletes checks that the response deletes the cookie. HttpOnly is on it, as on the one that was
// set: "Where we leave Django on purpose", 10.
func (d *djangoRun) deletes(got reply, domain, path string) {
	d.t.Helper()
	d.equal("Vary", got.header.Get("Vary"), "Cookie")
	if got.cookie == nil {
		d.t.Fatal("no cookie was set")
	}
	want := http.Cookie{
		Name: d.cookieName, Path: path, Domain: domain, MaxAge: -1, HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	}
	c := *got.cookie
	d.equal("expires at the epoch", c.Expires.Unix(), int64(0))
	c.Expires, c.RawExpires, c.Raw = want.Expires, "", ""
	d.equal("cookie", c, want)
	d.equal("Max-Age", strings.Contains(got.line, "; Max-Age=0"), true)
}

// djangoMiddlewareCases are the cases about requests, each over real HTTP.
var djangoMiddlewareCases = map[string]func(*djangoRun){
	"SessionMiddlewareTests.test_secure_session_cookie": func(d *djangoRun) {
		d.equal("Secure", d.greeted(gormsession.WithSecure(true)).Secure, true)
		d.equal("Secure without", d.greeted().Secure, false)
	},

	"SessionMiddlewareTests.test_httponly_session_cookie": func(d *djangoRun) {
		d.equal("HttpOnly", d.greeted(gormsession.WithHTTPOnly(true)).HttpOnly, true)
	},

	"SessionMiddlewareTests.test_samesite_session_cookie": func(d *djangoRun) {
		d.equal("SameSite", d.greeted(gormsession.WithSameSite(http.SameSiteStrictMode)).SameSite,
			http.SameSiteStrictMode)
	},

	"SessionMiddlewareTests.test_no_httponly_session_cookie": func(d *djangoRun) {
		d.equal("HttpOnly", d.greeted(gormsession.WithHTTPOnly(false)).HttpOnly, false)
	},

	"SessionMiddlewareTests.test_session_save_on_500": func(d *djangoRun) {
		d.savesNothingOn(http.StatusInternalServerError)
	},
	"SessionMiddlewareTests.test_session_save_on_5xx": func(d *djangoRun) {
		d.savesNothingOn(http.StatusServiceUnavailable)
	},

	// There the session counts as modified since it was created; here Save has left nothing to
	// save, so the page writes once more.
	"SessionMiddlewareTests.test_session_update_error_redirect": func(d *djangoRun) {
		got := d.visit("", func(c *Call) {
			s := c.Session()
			d.equal("save", s.Save(), nil)
			d.equal("delete", d.plugin.Delete(c.Request.Context(), s.Key()), nil)
			s.Set("last", "update")
			c.Redirect(http.StatusFound, "/foo/")
		})
		d.equal("status", got.status, http.StatusBadRequest)
		d.equal("Location", got.header.Get("Location"), "")
		d.equal("cookie", got.cookieIs(""), "")
		d.equal("rows", len(d.rows()), 0)
		d.log.wants(d.t, "level=WARN", gormsession.ErrInterrupted.Error())
	},

	"SessionMiddlewareTests.test_session_delete_on_end": func(d *djangoRun) {
		d.deletes(d.visit("abc", farewell), "", "/")
	},

	// net/http takes the dot off a Domain, which means the same since RFC 6265.
	"SessionMiddlewareTests." +
		"test_session_delete_on_end_with_custom_domain_and_path": func(d *djangoRun) {
		d = d.with(gormsession.WithDomain(".example.local"), gormsession.WithPath("/example/"))
		d.deletes(d.visit("abc", farewell), "example.local", "/example/")
	},

	"SessionMiddlewareTests." +
		"test_flush_empty_without_session_cookie_doesnt_set_cookie": func(d *djangoRun) {
		got := d.visit("", farewell)
		d.equal("Set-Cookie", got.header["Set-Cookie"], []string(nil))
		d.equal("Vary", got.header.Get("Vary"), "Cookie")
	},

	"SessionMiddlewareTests." +
		"test_save_every_request_with_non_empty_session_renews_session_cookie": func(d *djangoRun) {
		d = d.with(gormsession.WithSaveEveryRequest())
		key := d.saved(map[string]any{"foo": "bar"}).Key()
		got := d.visit(key, func(c *Call) { c.String(http.StatusOK, "Session test") })
		want := "refreshed"
		if d.rules.rounded { // within a step nothing is sent, and the cookie is still good
			want = ""
		}
		d.equal("cookie", got.cookieIs(key), want)
		d.equal("Vary", got.header.Get("Vary"), "Cookie")
	},

	"SessionMiddlewareTests.test_empty_session_saved": func(d *djangoRun) {
		key := d.saved(map[string]any{"foo": "bar"}).Key()
		got := d.visit(key, func(c *Call) { c.Session().Delete("foo") })
		d.equal("cookie", got.cookieIs(key), "refreshed")
		age := twoWeeks
		if d.rules.rounded {
			age += d.row(key).expire.Sub(d.clock.Now()) + time.Second
		}
		d.equal("Max-Age", got.cookie.MaxAge, int(age.Seconds()))
		d.equal("Vary", got.header.Get("Vary"), "Cookie")
		d.equal("data", d.row(key).data, "{}")
	},
}

func (d *djangoRun) savesNothingOn(status int) {
	d.t.Helper()
	got := d.visit("", hello(status))
	d.equal("status", got.status, status)
	d.equal("cookie", got.cookieIs(""), "")
	d.equal("rows of a new session", len(d.rows()), 0)
	key := d.saved(map[string]any{"foo": "bar"}).Key()
	got = d.visit(key, hello(status))
	d.equal("cookie", got.cookieIs(key), "")
	d.equal("entries of a live session", d.entries(key), map[string]any{"foo": "bar"})
}
