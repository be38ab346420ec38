package plainmodel

import (
	"maps"
	"time"
)

// A Cookie is what a response sets.
type Cookie struct {
	Value   string
	Deleted bool
	Browser bool // it ends with the browser
	Age     int  // in seconds, else
}

// A Header is what a response says, as far as sessions have a part in it.
type Header struct {
	Vary    bool
	Control string // Cache-Control
	CDN     string // CDN-Cache-Control
	Cookies map[string]Cookie
}

// What handlers say to caches.
const (
	Public  = "public, max-age=60"
	MaxAge  = "max-age=60"
	NoStore = "no-store"
)

// isPublic tells whether shared caches may keep the response.
func (h Header) isPublic() bool { return h.Control == Public || h.CDN != "" }

// keepPrivate keeps it out of shared caches, and tells whether that overrules the handler.
func (h *Header) keepPrivate() bool {
	overruled := h.isPublic()
	switch h.Control {
	case "", Public:
		h.Control = "private"
	case MaxAge:
		h.Control += ", private"
	}
	h.CDN = ""
	return overruled
}

func (h Header) clone() Header {
	h.Cookies = maps.Clone(h.Cookies)
	return h
}

// commit saves before the header leaves. carried tells whether it reaches the client.
func (s *Session) commit(h *Header, status int, carried bool) Error {
	s.sent = !carried
	err := s.saveFor(*h, status)
	if err != NoError {
		s.gaveUp = len(s.doomed) > 0
		if err == Interrupted {
			s.owed = false // what Save has made is gone
		}
		if s.known || s.err == NoError {
			s.w.say("not saved: " + string(err))
		} else {
			s.w.say("not loaded: " + string(err))
		}
		if s.err == NoError {
			s.err = err
		}
	}
	s.broken = err != NoError || status >= 500
	if carried {
		s.announce(h, !s.broken)
		s.unsaid = !s.glanced && !s.read && h.Control != NoStore
	}
	if !carried && err == NoError && s.owed {
		s.owed, s.untold = false, true
	}
	s.sent = true
	return err
}

// saveFor saves what the status lets be saved. An answer may bring a renewal with it, but not
// where shared caches may keep it: that would set a cookie.
func (s *Session) saveFor(h Header, status int) Error {
	if status >= 500 {
		return s.save(refusal)
	}
	if s.Step == 0 && s.modified && s.hasKey() {
		s.changed = true // saved once more, as by Django
	}
	wanted := s.touched || s.hasKey() && (s.SaveEvery || s.Rolling && s.read)
	switch {
	case s.discarded:
	case wanted && !h.isPublic():
		s.renewal, s.renewed, s.glanced = true, true, true
	case h.isPublic() && !s.modified:
		s.renewal, s.renewed = false, false
	}
	return s.save(answer)
}

// announce tells the client. saved tells whether what was to be saved is.
func (s *Session) announce(h *Header, saved bool) {
	malformed := s.Django && s.present && s.brought == ""
	if !s.glanced && !s.read && !s.modified && !malformed && !s.owed {
		return
	}
	s.glanced = true
	h.Vary = true
	switch {
	case s.hasKey() && (s.owed || saved && s.alive && !s.discarded && (s.modified || s.renewed)):
		l := s.lifetimeOf(s.row.Entries)
		cookie := Cookie{Value: s.key, Browser: l.browser}
		if !l.browser {
			cookie.Age = s.cookieAge(l, s.row.Ends, s.w.Now)
		}
		s.sets(h, cookie)
	case s.endsCookie(saved, h.isPublic()):
		s.sets(h, Cookie{Deleted: true})
	case s.flushed:
		s.keepPrivate(h)
	case h.Control == "":
		h.Control = "private"
	}
}

// endsCookie tells whether the cookie is deleted.
func (s *Session) endsCookie(saved, public bool) bool {
	switch {
	case !s.present, s.hasKey(), s.unreadable, len(s.doomed) > 0:
		return false
	case s.flushed:
		return true
	case len(s.entries) > 0, len(s.keys) > 0: // one of several would leave the others
		return false
	case saved && s.modified: // it was emptied
		return true
	}
	return !public && (s.brought == "" || s.ForgetsUnknown || s.Django)
}

func (s *Session) sets(h *Header, cookie Cookie) {
	if h.Cookies = maps.Clone(h.Cookies); h.Cookies == nil {
		h.Cookies = map[string]Cookie{}
	}
	h.Cookies[s.CookieName] = cookie
	s.keepPrivate(h)
}

func (s *Session) keepPrivate(h *Header) {
	if h.keepPrivate() {
		s.w.say("made private")
	}
}

// end is the end of the request, of which the header has left.
func (s *Session) end() {
	m := late
	if s.sent = true; s.broken {
		m = broken
	}
	if err := s.save(m); err != NoError {
		s.w.say("late, not saved: " + string(err))
	}
}

// abort is the end in a panic. h is nil where the header has left.
func (s *Session) abort(h *Header) {
	if err := s.save(panicked); err != NoError {
		s.w.say("not flushed: " + string(err))
	}
	if h != nil {
		s.announce(h, false)
	}
}

// A Jar is what a browser keeps: a cookie by name, until when.
type Jar map[string]Kept

// Kept is a cookie in a jar. Until is zero where it ends with the browser.
type Kept struct {
	Value string
	Until time.Time
}

// Take does what a response says.
func (j Jar) Take(cookies map[string]Cookie, now time.Time) {
	for name, c := range cookies {
		switch {
		case c.Deleted, !c.Browser && c.Age <= 0:
			delete(j, name)
		case c.Browser:
			j[name] = Kept{Value: c.Value}
		default:
			j[name] = Kept{c.Value, now.Add(time.Duration(c.Age) * time.Second)}
		}
	}
}

// Value is what it sends under a name, "" for nothing.
func (j Jar) Value(name string, now time.Time) string {
	if k := j[name]; k.Until.IsZero() || k.Until.After(now) {
		return k.Value
	}
	return ""
}
