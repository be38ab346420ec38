package gormsession

import (
	"math"
	"net/http"
	"time"

	"github.com/seed7368b609/gormsession/internal/header"
)

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

// maxCookieAge is the longest Max-Age that browsers take (RFC 6265bis, 5.5).
const maxCookieAge = 400 * 24 * time.Hour

// cookieAge is how long the cookie of a session lives that ends at expire, in seconds.
//
// The row decides when the session ends, so the cookie may outlive it, by a lifetime of the
// session: then no request within an expiry step needs a cookie of its own, and an answer that is
// lost logs nobody out. An instant is exact, and so is all without a step, where each save sends a
// cookie.
func (o *options) cookieAge(l lifetime, expire, now time.Time) int64 {
	if o.step == 0 {
		return int64(math.Floor(l.ageAt(now).Seconds())) // as Django
	}
	age := min(expire.Sub(now), maxCookieAge)
	if l.instant.IsZero() && age > 0 {
		age += min(l.age, maxCookieAge) // twice 250 years are more than a Duration holds
	}
	return int64(math.Ceil(min(age, maxCookieAge).Seconds()))
}

// setCookie puts the session's cookie into h, for a session of that lifetime that ends at expire.
func (o *options) setCookie(
	h http.Header, r *http.Request, key string, l lifetime, expire, now time.Time,
) {
	if l.browser {
		o.cookie().SetUntilClosed(h, r, key)
		return
	}
	o.cookie().Set(h, r, key, o.cookieAge(l, expire, now), now)
}
