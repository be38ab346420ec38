package gormsession

import (
	"net/http"
	"strings"
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

// patch edits the header of the response. saved tells whether what was to be saved is.
func (s *State) patch(h http.Header, r *http.Request, saved bool) {
	c := s.facts()
	edits := verdict.Announce(c, saved, header.IsPublic(h), s.p.rules)
	if !edits.Vary {
		return
	}
	s.c = s.c.LookedAt(verdict.Glanced)
	switch edits.Cookie {
	case verdict.SetCookie:
		l := s.lifetimeOf(s.row.Entries)
		s.p.opts.setCookie(h, r, s.key, l, s.row.Expire, s.now())
		if s.came.Key == "" {
			_ = s.lend(func() error { s.p.absent.Note(s.p.opts.cookie(), r, s.p.opts.log()); return nil })
		}
	case verdict.DeleteCookie:
		s.p.opts.cookie().Delete(h, r)
	}
	header.VaryOnCookie(h)
	if s.p.opts.clearSiteData && saved && c.Flushed() {
		h.Set("Clear-Site-Data", `"cache", "storage"`)
	}
	if s.p.opts.noStore && len(h["Cache-Control"]) == 0 && s.isLoggedIn() {
		h.Set("Cache-Control", "no-store")
	}
	switch {
	case edits.Cache == verdict.Private:
		s.keepPrivate(h)
	case len(h["Cache-Control"]) == 0:
		h.Set("Cache-Control", "private")
	}
}

// keepPrivate keeps a response out of shared caches that tells the client of the session.
func (s *State) keepPrivate(h http.Header) {
	if overruled := header.KeepPrivate(h); len(overruled) > 0 {
		s.warn(madePrivate, "said", strings.Join(overruled, ", "), "path", s.path)
	}
}

const madePrivate = "gormsession: a response that sets the session's cookie let shared caches " +
	"keep it, which was replaced by private"
