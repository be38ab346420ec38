package gormsession

import (
	"net/http"
	"time"

	"github.com/seed7368b609/gormsession/internal/header"
	"github.com/seed7368b609/gormsession/internal/lifetime"
	"github.com/seed7368b609/gormsession/internal/verdict"
)

// readCookie returns what a request brings.
func (o *options) readCookie(h http.Header) header.Brought {
	return header.Reading{
		Name: o.cookieName, Unquote: o.unquotesCookie(), LastCounts: o.layout.LastCookieCounts,
		WellFormed: o.wellFormed,
	}.Read(h)
}

// factsOf are what the end of the request depends on, as far as they are known at its begin.
func factsOf(b header.Brought) verdict.Case {
	switch {
	case !b.Present:
		return verdict.Case{}
	case b.Key == "":
		return verdict.Case{Cookie: verdict.Malformed}
	case len(b.Rivals) > 0:
		return verdict.Case{Cookie: verdict.Several, Row: verdict.Unasked}
	}
	return verdict.Case{Cookie: verdict.WellFormed, Row: verdict.Unasked}
}

// cookie has the attributes that the options give it.
func (o *options) cookie() header.Cookie {
	c := header.Cookie{
		Name: o.cookieName, Domain: o.domain, Path: o.path,
		HTTPOnly: o.httpOnly, SameSite: o.sameSite, Partitioned: o.partitioned,
	}
	switch {
	case o.alwaysSecure() != "", o.secure != nil && *o.secure:
		c.Secure = header.Always
	case o.secure != nil:
		c.Secure = header.Never
	}
	return c
}

// setCookie puts the session's cookie into h, for a session of that lifetime that ends at expire.
func (o *options) setCookie(
	h http.Header, r *http.Request, key string, l lifetime.Lifetime, expire, now time.Time,
) {
	if l.Browser {
		o.cookie().SetUntilClosed(h, r, key)
		return
	}
	o.cookie().Set(h, r, key, o.lives.CookieAge(l, expire, now), now)
}
