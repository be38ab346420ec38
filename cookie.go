package gormsession

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/seed7368b609/gormsession/internal/scheme"
)

// cookie is the cookie with its attributes, which setting and deleting it share: a browser ignores a deletion that differs.
func (o *options) cookie(value string, r *http.Request) *http.Cookie {
	c := &http.Cookie{
		Name: o.cookieName, Value: value, Path: o.path, Domain: o.domain,
		HttpOnly: o.httpOnly, SameSite: o.sameSite, Partitioned: o.partitioned,
	}
	switch {
	case o.alwaysSecure() != "":
		c.Secure = true
	case o.secure != nil:
		c.Secure = *o.secure
	default:
		c.Secure = scheme.Of(r) == "https"
	}
	return c
}

// maxCookieAge is the longest Max-Age that browsers take (RFC 6265bis, 5.5).
const maxCookieAge = 400 * 24 * time.Hour

// cookieAge is how long the cookie of a session lives that ends at expire, in seconds.
//
// The row decides when the session ends, so the cookie may outlive it, by a lifetime of the session:
// then no request within an expiry step needs a cookie of its own, and an answer that is lost logs
// nobody out. An instant is exact, and so is all without a step, where each save sends a cookie.
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
	c := o.cookie(key, r)
	if l.browser {
		replaceCookie(h, o.cookieName, c.String())
		return
	}
	seconds := o.cookieAge(l, expire, now)
	c.Expires = now.Add(time.Duration(seconds) * time.Second)
	// Max-Age is written here, as http.Cookie writes every age below zero as 0, and takes 0 for none.
	replaceCookie(h, o.cookieName, c.String()+"; Max-Age="+strconv.FormatInt(seconds, 10))
}

// deleteCookie asks the client to forget the cookie.
func (o *options) deleteCookie(h http.Header, r *http.Request) {
	c := o.cookie("", r)
	c.Expires = time.Unix(0, 0)
	replaceCookie(h, o.cookieName, c.String()+"; Max-Age=0")
}

// replaceCookie adds a Set-Cookie line in the place of any earlier one of that name, so that there is never more than one.
func replaceCookie(h http.Header, name, line string) {
	kept := h["Set-Cookie"][:0:0]
	for _, l := range h["Set-Cookie"] {
		if !strings.HasPrefix(l, name+"=") {
			kept = append(kept, l)
		}
	}
	h["Set-Cookie"] = append(kept, line)
}
