package django

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// DefaultSalt is the signature salt of the session engines db and cached_db,
// and of every store class that is itself named SessionStore.
const DefaultSalt = "django.contrib.sessions.SessionStore"

// DefaultBackend is the authentication backend of a Django that names none.
const DefaultBackend = "django.contrib.auth.backends.ModelBackend"

// Config holds the settings of the Django site whose sessions are shared. It
// prints and is encoded, as JSON for one, without its secrets: as one text, which
// is what a struct that embeds it becomes as well. Where a struct of yours that is
// printed has it in an unexported field let that be a pointer, as package fmt then
// asks no method of it.
type Config struct {
	// SecretKey is Django's SECRET_KEY. It signs every session and must not be
	// empty.
	SecretKey string `bson:"-" codec:"-"`

	// Fallbacks is Django's SECRET_KEY_FALLBACKS (4.1 and later): retired keys
	// that are still accepted, in this order, but sign nothing. None by default.
	Fallbacks []string `bson:"-" codec:"-"`

	// Salt is the signature salt, DefaultSalt if empty. A session store class of
	// another name than SessionStore needs "django.contrib.sessions." and its
	// qualified class name, without the module.
	Salt string

	// Backends is Django's AUTHENTICATION_BACKENDS: the dotted paths of those
	// whose logins count. The default is DefaultBackend alone, as in Django. Who
	// was logged in by another one is anonymous.
	Backends []string

	// AuthHash is get_session_auth_hash of the site's user model, where that is not
	// Django's own: what a session's _auth_user_hash must be for user to be logged
	// in, computed with secret, which is SecretKey or one of Fallbacks (see
	// [SaltedHMAC]). user is what Login was given, or what the lookup has found. The
	// default, nil, is the HMAC of the password column that Django takes. It is
	// called concurrently.
	AuthHash func(secret string, user User) string `bson:"-" codec:"-"`

	// TimeZone is Django's TIME_ZONE where its USE_TZ is False: there dates of
	// expiry are times of the wall clock in that zone. The default, nil, is for
	// USE_TZ = True.
	TimeZone *time.Location
}

// String says what is configured, without the keys.
func (c Config) String() string { return "django.Config{SecretKey: [redacted]}" }

// GoString keeps the keys out of %#v.
func (c Config) GoString() string { return c.String() }

// Format keeps the keys out of every other verb.
func (c Config) Format(f fmt.State, _ rune) { fmt.Fprint(f, c.String()) }

// MarshalText keeps the keys out of JSON, XML and the like. What they read into a
// Config is read as into any other struct.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// LogValue keeps the keys out of structured logs.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

func (c Config) validate() error {
	switch {
	case c.SecretKey == "":
		return errors.New(
			"gormsession: django.Config.SecretKey is empty: set it to Django's SECRET_KEY",
		)
	case slices.Contains(c.Fallbacks, ""):
		return errors.New("gormsession: django.Config.Fallbacks holds an empty key: remove it")
	case slices.Contains(c.Backends, ""):
		return errors.New("gormsession: django.Config.Backends holds an empty path: remove it")
	}
	return nil
}

func (c Config) salt() string {
	if c.Salt == "" {
		return DefaultSalt
	}
	return c.Salt
}

// secrets lists the keys in the order in which Django tries them.
func (c Config) secrets() []string {
	return append([]string{c.SecretKey}, c.Fallbacks...)
}

func (c Config) backends() []string {
	if len(c.Backends) == 0 {
		return []string{DefaultBackend}
	}
	return slices.Clone(c.Backends)
}
