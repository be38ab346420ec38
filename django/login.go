package django

import (
	"crypto/hmac"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/seed7368b609/gormsession"
)

// The entries of a session that say who is logged in, as django.contrib.auth
// names them.
const (
	userEntry    = "_auth_user_id"
	backendEntry = "_auth_user_backend"
	hashEntry    = "_auth_user_hash"

	// csrfEntry holds the secret of a Django with CSRF_USE_SESSIONS.
	csrfEntry = "_csrftoken"
)

// A User is somebody who can log in: a row of Django's user model. It prints as its
// ID, and JSON and the like show ID and Backend alone: a Row of the application's
// has the password column too, as a rule.
type User struct {
	// ID is the primary key, as text. A UUID has hyphens in Django's sessions; it
	// counts without them too.
	ID string

	// Password is the password column as it is, such as
	// "pbkdf2_sha256$600000$...": what ends sessions when it changes. Nothing is
	// ever compared with a password. Empty it is an error, unless Config.AuthHash
	// makes do without it, and never a logout: where the user model has no such
	// column, let it be any text.
	Password string `json:"-" xml:"-" yaml:"-" toml:"-" bson:"-"`

	// Backend is the dotted path of the authentication backend that the login is
	// by: one of Config.Backends, and the first of them if empty.
	Backend string

	// Row is for the application: what a lookup puts here is there in CurrentUser,
	// and in Config.AuthHash.
	Row any `json:"-" xml:"-" yaml:"-" toml:"-" bson:"-"`
}

// String names the user by its ID.
func (u User) String() string { return "user " + u.ID }

// GoString keeps the password column out of %#v.
func (u User) GoString() string { return u.String() }

// Format keeps the password column out of every other verb.
func (u User) Format(f fmt.State, _ rune) { fmt.Fprint(f, u.String()) }

// LogValue keeps the password column out of structured logs.
func (u User) LogValue() slog.Value { return slog.StringValue(u.String()) }

// Login makes it the session of user, on both sides, as Django's auth.login does:
// the session gets a new key and keeps what the visitor has put in it, unless
// another user was logged in, or the same one before a change of the password;
// then that session is flushed and a new one begins. Who is logged in already
// keeps the key. It checks no password: that is for the application to do before.
//
// It errs, and does nothing, where user has no ID or a Backend that is not in
// [Config].Backends, or nothing to make the hash of ([ErrNoAuthHash]), and returns
// the session's own error, such as [gormsession.ErrUnavailable]. It panics where the
// session is neither one of [Compatible] nor of [WithLogins].
func Login(s *gormsession.State, user User) error {
	a := authOf(s)
	if user.Backend == "" {
		user.Backend = a.backends[0]
	}
	switch {
	case user.ID == "":
		return errors.New("gormsession: django.Login: the user has no ID")
	case !slices.Contains(a.backends, user.Backend):
		return fmt.Errorf(
			"gormsession: django.Login: nobody is logged in by %s: add it to django.Config.Backends, "+
				"as to Django's AUTHENTICATION_BACKENDS",
			user.Backend,
		)
	}
	if err := s.Load(); err != nil {
		return err
	}
	hash, err := a.hash(a.secrets[0], user)
	if err != nil {
		return err
	}
	id, _ := UserID(s)
	switch {
	case s.UserID() != "" && !sameID(s.UserID(), user.ID): // by LogIn
		s.Flush()
	case !s.Has(userEntry):
		s.CycleKey()
	case !sameID(id, user.ID) || !hmac.Equal([]byte(storedHash(s)), []byte(hash)):
		s.Flush()
	default:
		user.ID = id // in the spelling that it has
	}
	s.Set(userEntry, user.ID)
	s.Set(backendEntry, user.Backend)
	s.Set(hashEntry, hash)
	s.Delete(csrfEntry) // Django makes a new one, as at its own logins
	return s.Err()
}

// Logout ends the session on both sides, whatever becomes of the response: see
// [gormsession.State.Flush].
func Logout(s *gormsession.State) { s.Flush() }

// UpdateSessionAuthHash keeps the session of a user whose password the
// application has just changed, under a new key, as Django's function of that
// name does; all other sessions of that user end. user.Password is the new
// password column. Where somebody else is logged in, the key alone is new. It
// returns the session's own error, or [ErrNoAuthHash] and does nothing, and panics
// where the session is neither one of [Compatible] nor of [WithLogins].
func UpdateSessionAuthHash(s *gormsession.State, user User) error {
	a := authOf(s)
	hash, err := a.hash(a.secrets[0], user)
	if err != nil {
		return err
	}
	s.CycleKey()
	if id, ok := UserID(s); ok && sameID(id, user.ID) {
		s.Set(hashEntry, hash)
	}
	return s.Err()
}

func storedHash(s *gormsession.State) string {
	hash, _ := s.Get(hashEntry).(string)
	return hash
}
