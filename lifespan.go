package gormsession

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/seed7368b609/gormsession/internal/changes"
	"github.com/seed7368b609/gormsession/internal/lifetime"
)

// SetExpiry gives the session a lifetime of its own, counted from its last save on. 0 lets it end
// with the browser, while the row lives for the standard lifetime, as in Django; a negative one
// ends it with this request. More than 250 years are 250.
func (s *State) SetExpiry(d time.Duration) {
	s.setExpiry(lifetime.SecondsText(max(-lifetime.MaxAge, min(d, lifetime.MaxAge))))
}

// SetExpiryAt lets the session end at t, to the microsecond, however often it is saved. A year
// beyond 9999 sets the sticky error, also by the wall clock of a Django with USE_TZ=False.
func (s *State) SetExpiryAt(t time.Time) {
	if year := s.p.opts.yearOf(t); year > 9999 || t.UTC().Year() < 1 {
		s = s.enter()
		defer s.mu.Unlock()
		if s.writable(lifetime.Entry) {
			s.fail(fmt.Errorf("%w: an expiry in the year %d: 9999 is the last", ErrEncode, year))
		}
		return
	}
	s.setExpiry(lifetime.InstantText(t, nil))
}

// yearOf is the year of an instant, on whichever clock of the tables' it is the latest.
func (o *options) yearOf(t time.Time) int {
	year := t.UTC().Year()
	for ; o != nil; o = o.former {
		if zone := o.layout.Location; zone != nil {
			year = max(year, t.In(zone).Year())
		}
	}
	return year
}

// SetBrowserSession lets the session end with the browser. It is SetExpiry(0).
func (s *State) SetBrowserSession() { s.SetExpiry(0) }

// ResetExpiry gives the session the standard lifetime again.
func (s *State) ResetExpiry() {
	s = s.enter()
	defer s.mu.Unlock()
	if s.loadPrimary() && s.entries[lifetime.Entry] != nil {
		s.change(lifetime.Entry, changes.Delete(lifetime.Entry))
	}
}

func (s *State) setExpiry(raw json.RawMessage) {
	s = s.enter()
	defer s.mu.Unlock()
	s.change(lifetime.Entry, changes.Set(lifetime.Entry, raw))
}

// ExpiryAge returns how long the session would live if it was saved now.
func (s *State) ExpiryAge() time.Duration {
	s = s.look()
	defer s.mu.Unlock()
	s.load()
	now := s.now()
	if s.p.opts.lives.Absolute > 0 {
		return s.end(now).Sub(now)
	}
	return s.lifetime().AgeAt(now)
}

// ExpiryDate returns when the session would end if it was saved now, as Django's get_expiry_date
// does, and not when the stored one ends. What is stored may be up to 1/64 of the lifetime later:
// see [WithExpiryStep].
func (s *State) ExpiryDate() time.Time {
	s = s.look()
	defer s.mu.Unlock()
	s.load()
	return s.end(s.now())
}

// end is when a session that is saved now ends, before it is rounded.
func (s *State) end(now time.Time) time.Time {
	return s.p.opts.lives.Bound(s.entries, s.lifetime().DateAt(now))
}

// BrowserSession reports whether the session's cookie ends with the browser.
func (s *State) BrowserSession() bool {
	s = s.look()
	defer s.mu.Unlock()
	s.load()
	return s.lifetime().Browser
}

// lifetime reads the session's own expiry.
func (s *State) lifetime() lifetime.Lifetime { return s.lifetimeOf(s.entries) }

// lifetimeOf reads an expiry of the session's. One that cannot be read counts as the standard one,
// with a warning.
func (s *State) lifetimeOf(entries map[string]json.RawMessage) lifetime.Lifetime {
	l, err := s.p.opts.lives.Of(entries)
	if err != nil {
		s.warnOnce(
			lifetime.Entry,
			"gormsession: the session's own expiry cannot be read; the standard lifetime is taken", err,
		)
	}
	return l
}
