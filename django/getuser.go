package django

import (
	"context"
	"errors"
	"slices"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
)

// A Lookup finds the user with that ID in the application's database, and returns
// the password column as it is today. ID and Backend need not be filled in. Where
// there is no such user, or none who may log in (Django's is_active), it returns
// [gorm.ErrRecordNotFound], or an error that wraps it. It is called concurrently.
//
// The ID is that of the session, which is Django's text of the primary key: a UUID
// has hyphens there, as in "550e8400-e29b-41d4-a716-446655440000", also where the
// column has none (SQLite, and char(32) on MySQL).
type Lookup = func(ctx context.Context, id string) (User, error)

// GetUser returns the user whose session it is, and whether there is one, as
// Django's auth.get_user does. Somebody whose password has changed since the login
// is logged out: the session is flushed. A login that a fallback of
// [Config].SecretKey vouches for is renewed with SecretKey; unlike in Django the
// session keeps its key, so that other requests which the browser makes at the same
// time find it. A login that does not count leaves a warning in the log, with the
// session's handle and the reason.
//
// The error is the session's own, the lookup's, or [ErrNoAuthHash]; then nobody
// knows who it is, and nobody is logged out. It panics where the session is neither
// one of [Compatible] nor of [WithLogins].
func GetUser(ctx context.Context, s *gormsession.State, lookup Lookup) (User, bool, error) {
	a := authOf(s)
	if err := s.Load(); err != nil {
		return User{}, false, err
	}
	if !s.Has(userEntry) {
		return User{}, false, nil
	}
	id, ok := UserID(s)
	backend, _ := s.Get(backendEntry).(string)
	switch {
	case !ok:
		reject(s, "what stands in _auth_user_id is nobody's")
		return User{}, false, nil
	case !slices.Contains(a.backends, backend):
		reject(s, "_auth_user_backend is none of django.Config.Backends")
		return User{}, false, nil
	}
	user, err := lookup(ctx, id)
	if errors.Is(err, gorm.ErrRecordNotFound) {
		reject(s, "the lookup finds no such user who may log in")
		return User{}, false, nil
	} else if err != nil {
		return User{}, false, err
	}
	user.ID, user.Backend = id, backend
	stored := storedHash(s)
	verdict, err := a.verify(stored, user)
	switch {
	case err != nil:
		s.Logger().Error("gormsession: a login cannot be verified", "session", s, "error", err)
		return User{}, false, err
	case verdict == authRejected:
		reason := "_auth_user_hash is not that of the user as the lookup returns it, under any key: " +
			"the password has changed, or django.Config.AuthHash is not what Django computes"
		if stored == "" {
			reason = "there is no _auth_user_hash"
		}
		reject(s, reason+"; the session is flushed")
		s.Flush()
		return User{}, false, nil
	case verdict == authRetired:
		hash, err := a.hash(a.secrets[0], user)
		if err != nil {
			return User{}, false, err
		}
		s.Set(hashEntry, hash)
	}
	return user, true, s.Err()
}

// reject says in the log why a session's login does not count.
func reject(s *gormsession.State, reason string) {
	s.Logger().Warn("gormsession: a login was rejected", "session", s, "reason", reason)
}
