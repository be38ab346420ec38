package gormsession

import (
	"net/http"
	"strings"

	"github.com/seed7368b609/gormsession/internal/vary"
)

// renews tells whether this request renews the expiry even if it changed nothing.
func (s *State) renews() bool {
	return s.touched || s.key != "" && (s.p.opts.saveEvery || s.p.opts.rolling && s.accessed)
}

// patch edits the header of the response. saved tells whether what was to be saved is.
func (s *State) patch(h http.Header, r *http.Request, saved bool) {
	set, gone := s.tellsKey(h, saved), s.tellsEnd(h, saved)
	malformed := s.hasCookie && s.cookieKey == "" && s.p.opts.layout.DeleteMalformed
	touched := s.touched && !isPublic(h)
	// What an option renews has made the response vary in commit, if it came to that.
	if !s.varies && !s.modified && !touched && !malformed && !s.cookieDue {
		return
	}
	s.varies = true
	switch {
	case set:
		l := s.lifetimeOf(s.row.entries)
		s.p.opts.setCookie(h, r, s.key, l, s.row.expire, s.now())
		if s.cookieKey == "" {
			_ = s.lend(func() error { s.p.absent.note(s.p.opts, r); return nil })
		}
	case gone:
		s.p.opts.deleteCookie(h, r)
	}
	vary.AddCookie(h)
	switch {
	case set || gone || s.flushed:
		s.keepPrivate(h)
	case len(h["Cache-Control"]) == 0:
		h.Set("Cache-Control", "private")
	}
}

// tellsKey tells whether the cookie leaves: with a statement that has found the row alive, lest a
// request that was overtaken by a login puts the old key in the place of the new one.
func (s *State) tellsKey(h http.Header, saved bool) bool {
	if s.key == "" || s.cookieDue {
		return s.key != ""
	}
	return saved && s.alive && !s.discarded && (s.modified || s.renews() && !isPublic(h))
}

// tellsEnd tells whether the cookie is deleted.
func (s *State) tellsEnd(h http.Header, saved bool) bool {
	o := s.p.opts
	switch {
	case !s.hasCookie || s.damaged || len(s.doomed) > 0 || s.key != "":
		return false
	case s.flushed:
		return true
	case len(s.entries) > 0:
		return false
	case len(s.rivals) > 0:
		return false // one of them would go, and leave the browser with the others
	case saved && s.modified: // it was emptied
		return true
	case s.cookieKey == "":
		return !isPublic(h)
	}
	// At a mere read the browser may have got a newer one meanwhile.
	return (o.forgets || o.layout.DeleteUnknown) && !isPublic(h)
}

// keepPrivate keeps a response out of shared caches that tells the client of the session.
func (s *State) keepPrivate(h http.Header) {
	if overruled := keepPrivate(h); len(overruled) > 0 {
		s.warn(madePrivate, "said", strings.Join(overruled, ", "), "path", s.path)
	}
}

const madePrivate = "gormsession: a response that sets the session's cookie let shared caches keep " +
	"it, which was replaced by private"
