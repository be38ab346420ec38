package gormsession

import (
	"net/http"
	"strings"

	"github.com/seed7368b609/gormsession/internal/header"
	"github.com/seed7368b609/gormsession/internal/verdict"
)

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
