package gormsession

import (
	"net/http"
	"strings"

	"github.com/seed7368b609/gormsession/internal/header"
	"github.com/seed7368b609/gormsession/internal/verdict"
)

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

// askKeeper finds out, once for a request, how its client keeps the key. What the application says
// of it wrongly sticks to the session. mu is held.
func (s *State) askKeeper(r *http.Request) {
	o := s.p.opts
	switch {
	case s.keeper != nil:
	case s.came.ByField:
		s.keeper = header.Field{Name: o.keyHeader, Brought: s.came.Key}
	case o.cookieFor == nil:
		s.keeper = s.p.cookie
	default:
		s.keeper = header.Nobody{} // should the function panic, or use the session
		var c CookieAttributes
		if s.lend(func() error { c = o.cookieFor(r); return nil }) == nil {
			s.keepAs(o.attributes.with(c))
		}
	}
}

// tellKey tells the client the key of its session.
func (s *State) tellKey(h http.Header, r *http.Request) {
	l, now := s.lifetimeOf(s.row.Entries), s.now()
	if l.Browser {
		s.keeper.SetUntilClosed(h, r, s.key)
	} else {
		s.keeper.Set(h, r, s.key, s.p.opts.lives.CookieAge(l, s.row.Expire, now), now)
	}
	if c, is := s.keeper.(*header.Cookie); is && s.came.Key == "" {
		_ = s.lend(func() error { s.p.absent.Note(c, r, s.p.opts.log()); return nil })
	}
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
		s.askKeeper(r)
		s.tellKey(h, r)
	case verdict.DeleteCookie:
		s.askKeeper(r)
		s.keeper.Delete(h, r)
	}
	header.VaryOn(h, s.p.depends)
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

const madePrivate = "gormsession: a response that sets the session's cookie, or its header, let " +
	"shared caches keep it, which was replaced by private: let it say private, or leave the session " +
	"alone"
