package gormsession

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

const (
	keyAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
	keyLength   = 32
)

// randomKey returns a new session key: 32 characters of a to z and 0 to 9 from crypto/rand, 165
// bits, in the form of Django's.
func randomKey() string {
	// 252 is the largest multiple of 36 in a byte: larger bytes would favour the first letters.
	const even = 256 / len(keyAlphabet) * len(keyAlphabet)
	key := make([]byte, 0, keyLength)
	var random [keyLength + 8]byte
	for len(key) < keyLength {
		rand.Read(random[:]) // never fails (crypto/rand)
		for _, b := range random {
			if int(b) < even && len(key) < keyLength {
				key = append(key, keyAlphabet[int(b)%len(keyAlphabet)])
			}
		}
	}
	return string(key)
}

// hashKey is what a row holds in the place of its key, so that a leaked table opens no session.
func hashKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// handleOf is the public name of the session with that key.
func handleOf(key string) string {
	if key == "" {
		return ""
	}
	return hashKey(key)[:handleLength]
}

// handleLength is how much of the hash a handle shows.
const handleLength = 12

// isHex tells whether s consists of n hexadecimal digits, as a hash or a handle does.
func isHex(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}
