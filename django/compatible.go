package django

import (
	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// Compatible makes sessions those of the Django site that config describes:
//
//	r.Use(ginsession.New(db, django.Compatible(django.Config{SecretKey: secretKey})))
//
// The table is django_session, which is left as it is, and made like Django's
// where it is missing; the cookie is sessionid; keys stand in the table as they
// are, and session_data is what [Codec] writes. Expired rows are left to Django's
// clearsessions, or to [gormsession.Plugin.ClearExpired]. A config that [NewCodec]
// refuses is refused by [gormsession.New].
//
// Options that follow override it, such as [gormsession.WithCookieName] for
// SESSION_COOKIE_NAME, [gormsession.WithTable] and [gormsession.WithModel] for a
// session model of the site's own, or [gormsession.WithCleanup]. Each save is sent
// and sets expire_date to the microsecond, and the cookie has the same age, as
// with Django; [gormsession.WithExpiryStep] saves UPDATEs by rounding up, which
// Django does not mind.
//
// Django 3.2 and 4.0 cannot read an expiry at a fixed time and answer 500 where
// [gormsession.State.SetExpiryAt] has set one; SetExpiry suits all versions.
func Compatible(config Config) gormsession.Option {
	codec, err := NewCodec(config)
	l := layout.Django()
	l.Location, l.Err = config.TimeZone, err
	return gormsession.WithOptions(
		layout.Option(l).(gormsession.Option),
		gormsession.WithCodec(codec),
		gormsession.WithCleanup(0),
		gormsession.WithExpiryStep(0),
		gormsession.WithValue(authKey{}, newAuth(config)),
	)
}

// auth is what logins need of a Config.
type auth struct {
	secrets  []string                              // the first one signs
	backends []string                              // the first one is that of a User without one
	authHash func(secret string, user User) string // nil: Django's own
}

func newAuth(config Config) *auth {
	return &auth{config.secrets(), config.backends(), config.AuthHash}
}

// authKey is where a session's plugin keeps its auth.
type authKey struct{}

func authOf(s *gormsession.State) *auth {
	a, ok := s.Value(authKey{}).(*auth)
	if !ok {
		panic(
			"gormsession: the session is not shared with Django: give gormsession.New or " +
				"ginsession.New the option django.Compatible, or django.WithLogins once they are kept " +
				"elsewhere",
		)
	}
	return a
}
