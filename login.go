package gormsession

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/seed7368b609/gormsession/internal/changes"
	"github.com/seed7368b609/gormsession/internal/lifetime"
)

// userEntry is the entry that holds who has logged in.
const userEntry = "_user"

// LogIn makes the session that of a user, whose identity has just been proved. It gets a new key,
// as by [State.CycleKey], also where it is that user's already, so that a key that somebody has
// planted before is worth nothing; its lifetime and the absolute one of [WithAbsoluteLifetime]
// begin anew; and [State.AuthenticatedAt] is now. What the visitor had is kept, an expiry of the
// session's own too (see [State.ResetExpiry]), but for what was another user's: that session ends,
// as Django's login does it.
//
// userID is a string of 1 to 255 bytes, in UTF-8 and without NUL, or an integer, or of a type made
// of one; 42 and "42", which UserID returns, are one user. Anything else sets the sticky error,
// [ErrEncode]. What is known of the device, if the application wants to keep it, comes behind it;
// of a login without it nothing is known, also where more was before.
func (s *State) LogIn(userID any, from ...Device) {
	raw, err := userText(userID)
	s = s.enter()
	defer s.mu.Unlock()
	if err != nil {
		s.refuse(userEntry, err)
		return
	}
	if !s.writable(userEntry) || !s.loadPrimary() {
		return
	}
	isOthers := func(entry string) bool {
		there := s.entries[entry]
		return there != nil && userName(there) != userName(raw)
	}
	if isOthers(userEntry) || isOthers(djangoUser) {
		s.flush()
	}
	s.cycle()
	s.loggedIn = true
	s.change(userEntry, changes.Set(userEntry, raw))
	s.change(userEntry, changes.Set(lifetime.StartEntry, lifetime.StartText(s.now())))
	if raw := s.deviceText(from); raw != nil {
		s.change(userEntry, changes.Set(deviceEntry, raw))
	} else {
		s.change(userEntry, changes.Delete(deviceEntry))
	}
}

// deviceText is the entry for a login, nil if there is nothing to say.
func (s *State) deviceText(from []Device) json.RawMessage {
	var d device
	if s.p.opts.users {
		d.PublicID = newPublicID()
	}
	for _, f := range from {
		d.Address, d.Agent = printable(f.Address, 64), printable(f.Agent, 255)
	}
	if d == (device{}) {
		return nil
	}
	raw, _ := encode(deviceEntry, d) // of texts alone
	return raw
}

// LogOut ends the session: it is [State.Flush], by the name that its counterpart has.
func (s *State) LogOut() { s.Flush() }

var errNoUserID = errors.New(
	"a user's identifier is a string of 1 to 255 bytes, in UTF-8 and without NUL, or an integer")

// userText is an identifier as the entry holds it.
func userText(userID any) (json.RawMessage, error) {
	switch v := reflect.ValueOf(userID); {
	case v.Kind() == reflect.String:
		if text := v.String(); text != "" && len(text) <= 255 && utf8.ValidString(text) &&
			!strings.Contains(text, "\x00") {
			return encode(userEntry, text)
		}
	case v.IsValid() && v.CanInt():
		return strconv.AppendInt(nil, v.Int(), 10), nil
	case v.IsValid() && v.CanUint():
		return strconv.AppendUint(nil, v.Uint(), 10), nil
	}
	return nil, fmt.Errorf("%w: %w", ErrEncode, errNoUserID)
}

// UserID returns who has logged in by [State.LogIn], an integer in decimal, and "" where nobody
// has.
func (s *State) UserID() string {
	raw, err := s.raw(userEntry)
	if err != nil || raw == nil {
		return ""
	}
	return userName(raw)
}

// userName is the identifier of an entry as a text, "" if it holds none.
func userName(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var number json.Number
	if json.Unmarshal(raw, &number) == nil {
		return number.String()
	}
	return ""
}

// djangoUser is the entry by which Django knows who has logged in.
const djangoUser = "_auth_user_id"

// isLoggedIn tells whether the session is a user's. mu is held.
func (s *State) isLoggedIn() bool {
	return s.entries[userEntry] != nil || s.entries[djangoUser] != nil
}

// UserIDInt64 is UserID for identifiers that are integers. It reports false where nobody has logged
// in, or by another identifier.
func (s *State) UserIDInt64() (id int64, ok bool) {
	id, err := strconv.ParseInt(s.UserID(), 10, 64)
	return id, err == nil
}

// AuthenticatedAt returns when the user has logged in by [State.LogIn], and the zero time where
// nobody has, or [Plugin.FillUsers] has said who.
func (s *State) AuthenticatedAt() time.Time {
	s = s.look()
	defer s.mu.Unlock()
	if !s.load() || s.entries[userEntry] == nil || deviceOf(s.entries).Filled {
		return time.Time{}
	}
	start, _ := lifetime.Start(s.entries)
	return start
}

// IsFresh reports whether the user has logged in by [State.LogIn] within d before now, by the clock
// of [WithClock]: what is to be asked before something that needs the password again, which another
// LogIn then proves. ginsession.RequireFresh asks it for a route.
func (s *State) IsFresh(d time.Duration) bool {
	s.askPrimary()
	at := s.AuthenticatedAt()
	return !at.IsZero() && s.now().Sub(at) < d
}
