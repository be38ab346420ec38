package lifetime

import (
	"math"
	"time"
)

// maxCookieAge is the longest Max-Age that browsers take (RFC 6265bis, 5.5).
const maxCookieAge = 400 * 24 * time.Hour

// CookieAge is how long the cookie of a session lives that ends at expire, in seconds.
//
// The row decides when the session ends, so the cookie may outlive it, by a lifetime of the
// session: then no request within an expiry step needs a cookie of its own, and an answer that is
// lost logs nobody out. An instant is exact, and so is all without a step, where each save sends a
// cookie.
func (s Settings) CookieAge(l Lifetime, expire, now time.Time) int64 {
	if s.Step == 0 {
		return int64(math.Floor(l.AgeAt(now).Seconds())) // as Django
	}
	age := min(expire.Sub(now), maxCookieAge)
	if l.Instant.IsZero() && age > 0 {
		age += min(l.Age, maxCookieAge) // twice 250 years are more than a Duration holds
	}
	return int64(math.Ceil(min(age, maxCookieAge).Seconds()))
}
