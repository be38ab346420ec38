package django

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// deriveKey makes one of many keys out of one secret, told apart by the salt,
// as Django's salted_hmac does.
func deriveKey(salt, secret string) []byte {
	key := sha256.Sum256([]byte(salt + secret))
	return key[:]
}

func hmacSHA256(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// A signer is Django's Signer: "value:mac", made with the first key, accepted
// with any of them.
type signer [][]byte

func newSigner(salt string, secrets []string) signer {
	keys := make(signer, len(secrets))
	for i, secret := range secrets {
		keys[i] = deriveKey(salt+"signer", secret)
	}
	return keys
}

func signature(key []byte, value string) string {
	return base64.RawURLEncoding.EncodeToString(hmacSHA256(key, value))
}

func (s signer) sign(value string) string {
	return value + ":" + signature(s[0], value)
}

// unsign returns what was signed. The signature is compared as text, as Django
// does: base64 has several spellings of the same 32 bytes, and only one is right.
func (s signer) unsign(signed string) (value string, ok bool) {
	i := strings.LastIndexByte(signed, ':')
	if i < 0 {
		return "", false
	}
	value, given := signed[:i], []byte(signed[i+1:])
	for _, key := range s {
		if hmac.Equal(given, []byte(signature(key, value))) {
			return value, true
		}
	}
	return "", false
}
