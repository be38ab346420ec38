package gormsession

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/seed7368b609/gormsession/internal/header"
)

// WithKeyHeader serves clients without cookies, such as apps and programs, beside browsers: they
// keep the key themselves and send it in the header of that name, such as X-Session. A request that
// brings the header at all is such a client's: its cookies are not read, and it is sent none. One
// without a key yet, before its first login, sends the header empty. Where a response would set a
// cookie it has the header with the key, if that is another one than the client has sent, and where
// it would delete the cookie, the header with an empty value: forget the key. Requests without the
// header are as without the option. Each response that depends on the session says so to caches, by
// the name of the header in Vary. A header that is there twice with two values brings no key.
//
// When a key ends is not said: the client sees at its next request that nobody is logged in. The
// application may tell it [State.ExpiryAge]. Django does not read the header, on its own table
// either: a session that begins so is Go's alone.
//
// It costs safety, as the key is no more where only the browser reaches it. Whatever can read a
// response can read the key, and whatever code the client runs: there is no HttpOnly, so do not use
// it in place of the cookie for pages in a browser. A cookie's session is never told in the header,
// so scripts do not get at that. A script of another origin needs the application to allow it, by
// Access-Control-Allow-Headers and Access-Control-Expose-Headers; on the other hand no other site
// can make a browser send the header, as it can with a cookie. Proxies and tracers may log headers
// that they do not know for secret: tell them. Nothing keeps the key off plain HTTP, as Secure
// does; and a proxy may drop a header that is empty, or whose name has a _, as nginx does: a text
// that is no key, such as new, asks for a key as well as none does.
func WithKeyHeader(name string) Option {
	return func(o *options) { o.keyHeader, o.keyNamed = http.CanonicalHeaderKey(name), true }
}

// checkKeyHeader refuses a name that has a meaning of its own.
func (o *options) checkKeyHeader() error {
	switch name := o.keyHeader; {
	case name == "":
		return nil
	case (&http.Cookie{Name: name}).Valid() != nil: // the same letters
		return fmt.Errorf(
			"WithKeyHeader(%q): a name is of ASCII letters, digits and !#$%%&'*+-.^_`|~"+
				" (RFC 9110, 5.6.2)", name,
		)
	case hasMeaning(name):
		return fmt.Errorf(
			"WithKeyHeader(%q): that header has a meaning of its own; take one of the site's, such as "+
				"X-Session", name,
		)
	}
	return nil
}

// hasMeaning tells whether clients, servers or caches know a header of that name, in a request or
// in a response.
func hasMeaning(name string) bool {
	return slices.Contains(known, strings.ToLower(name)) ||
		slices.ContainsFunc(knownBegins, func(begin string) bool {
			return len(name) >= len(begin) && strings.EqualFold(name[:len(begin)], begin)
		}) ||
		strings.HasSuffix(strings.ToLower(name), "cache-control")
}

var known = strings.Fields(`age allow alt-svc authentication-info authorization cache-status
	clear-site-data close connection cookie cookie2 date deprecation digest dnt early-data etag
	expect expires forwarded from host keep-alive last-modified link location max-forwards origin
	pragma priority range referer referrer-policy refresh retry-after server set-cookie set-cookie2
	strict-transport-security sunset surrogate-control te timing-allow-origin trailer
	transfer-encoding upgrade upgrade-insecure-requests user-agent vary via www-authenticate
	x-content-type-options x-frame-options x-http-method-override x-real-ip x-requested-with
	x-sendfile x-xss-protection edge-control`)

var knownBegins = []string{
	"accept", "access-control-", "content-", "cross-origin-", "if-", "proxy-", "sec-", "x-accel-",
	"x-forwarded-",
}

// reading says how a request is read.
func (o *options) reading() header.Reading {
	return header.Reading{
		Name: o.cookieName, Field: o.keyHeader,
		Unquote: o.unquotesCookie(), LastCounts: o.layout.LastCookieCounts,
		WellFormed: o.wellFormed,
	}
}

// dependsOn are the fields of a request that a response depends on which depends on the session.
func (o *options) dependsOn() []string {
	if o.keyHeader == "" {
		return []string{"Cookie"}
	}
	return []string{"Cookie", o.keyHeader}
}

// KeyHeader is the name of the header of [WithKeyHeader], "" if there is none.
func (p *Plugin) KeyHeader() string { return p.opts.keyHeader }

// Tells reports whether the header of a response tells the client a key, or to forget it.
func (a Adapter) Tells(h http.Header) bool {
	if _, told := h[a.p.opts.keyHeader]; told {
		return true
	}
	return slices.ContainsFunc(h["Set-Cookie"], func(line string) bool {
		name, _, _ := strings.Cut(line, "=")
		return name == a.p.opts.cookieName
	})
}

// Clashes reports whether another plugin tells its keys by the same cookie, or the same header.
func (a Adapter) Clashes(other *Plugin) bool {
	return a.p.CookieName() == other.CookieName() ||
		a.p.KeyHeader() == other.KeyHeader() && a.p.KeyHeader() != ""
}

// Hide takes the key out of the header of a request that is left to others, such as a recovery that
// prints it: shown is the rest, and hidden what was taken, in the form of a header, nil if there
// was nothing. h itself stays as it is. A later Begin needs what was hidden.
func (a Adapter) Hide(h http.Header) (shown, hidden http.Header) {
	return a.p.reading.Hide(h)
}

// Vary says in the header of a response that it depends on the session, once more where somebody
// may have taken that away, and Varies reports whether it says so.
func (a Adapter) Vary(h http.Header) { header.VaryOn(h, a.p.depends) }

// Varies reports whether the header of a response says that it depends on the session.
func (a Adapter) Varies(h http.Header) bool { return header.VariesOn(h, a.p.depends) }
