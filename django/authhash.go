package django

import (
	"crypto/hmac"
	"encoding/hex"
	"errors"
)

// ErrNoAuthHash says that there is nothing to verify a login by, which is a fault of
// the program and no logout: User.Password is empty, as where a lookup does not
// select the column, and Config.AuthHash does not vouch for the login without it, or
// that has returned an empty text. [RequireLogin] answers it with 503.
var ErrNoAuthHash = errors.New("gormsession: django: there is nothing to verify a login by: " +
	"User.Password is empty (does the lookup select the password column?), " +
	"or django.Config.AuthHash returns nothing")

const authHashSalt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"

// SaltedHMAC is Django's salted_hmac(salt, value, secret=secret, algorithm="sha256")
// as hexadecimal digits, of which sites make their own get_session_auth_hash.
func SaltedHMAC(salt, value, secret string) string {
	return hex.EncodeToString(hmacSHA256(deriveKey(salt, secret), value))
}

// authHash is what Django keeps of a user's password column in a session, under
// _auth_user_hash (AbstractBaseUser.get_session_auth_hash): whoever changes the
// password ends the sessions that bear the old hash.
func authHash(secret, password string) string {
	return SaltedHMAC(authHashSalt, password, secret)
}

// hash is the _auth_user_hash of a user under one of the keys.
func (a *auth) hash(secret string, user User) (hash string, err error) {
	switch {
	case a.authHash != nil:
		hash = a.authHash(secret, user)
	case user.Password != "":
		hash = authHash(secret, user.Password)
	}
	if hash == "" {
		return "", ErrNoAuthHash
	}
	return hash, nil
}

// An authVerdict says what a session's _auth_user_hash is worth.
type authVerdict int

const (
	authRejected authVerdict = iota // the password has changed, or there is no hash
	authRetired                     // right, but made with a fallback key: to be renewed
	authAccepted
)

// verify compares the stored hash with that of the user of today. Django does so at
// every request that asks for the user; it has tried the fallback keys since 4.1.8.
func (a *auth) verify(stored string, user User) (authVerdict, error) {
	for i, secret := range a.secrets {
		hash, err := a.hash(secret, user)
		switch {
		case err != nil:
			return authRejected, err
		case !hmac.Equal([]byte(stored), []byte(hash)):
		case i == 0:
			return authAccepted, nil
		default:
			return authRetired, nil
		}
	}
	if user.Password == "" { // what Config.AuthHash has made of a column that was forgotten
		return authRejected, ErrNoAuthHash
	}
	return authRejected, nil
}
