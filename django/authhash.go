package django

import (
	"crypto/hmac"
	"encoding/hex"
)

const authHashSalt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"

// authHash is what Django keeps of a user's password column in a session, under
// _auth_user_hash (AbstractBaseUser.get_session_auth_hash): whoever changes the
// password ends the sessions that bear the old hash.
func authHash(secret, password string) string {
	return hex.EncodeToString(hmacSHA256(deriveKey(authHashSalt, secret), password))
}

// An authVerdict says what a session's _auth_user_hash is worth.
type authVerdict int

const (
	authRejected authVerdict = iota // the password has changed, or there is no hash
	authRetired                     // right, but made with a fallback key: to be renewed
	authAccepted
)

// verifyAuthHash compares stored with the password column of today. Django does
// so at every request that asks for the user; it has tried the fallback keys
// since 4.1.8.
func verifyAuthHash(secrets []string, stored, password string) authVerdict {
	for i, secret := range secrets {
		if !hmac.Equal([]byte(stored), []byte(authHash(secret, password))) {
			continue
		}
		if i == 0 {
			return authAccepted
		}
		return authRetired
	}
	return authRejected
}
