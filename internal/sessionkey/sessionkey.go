// Package sessionkey makes the keys of sessions, and what stands for a key where it must not be
// shown: the hash that a row holds, and the handle that people see.
package sessionkey

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"strings"
)

const (
	alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
	length   = 32
)

// Random returns a new session key: 32 characters of a to z and 0 to 9 from crypto/rand, 165 bits,
// in the form of Django's.
func Random() string {
	// 252 is the largest multiple of 36 in a byte: larger bytes would favour the first letters.
	const even = 256 / len(alphabet) * len(alphabet)
	key := make([]byte, 0, length)
	var random [length + 8]byte
	for len(key) < length {
		rand.Read(random[:]) // never fails (crypto/rand)
		for _, b := range random {
			if int(b) < even && len(key) < length {
				key = append(key, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(key)
}

// Successor is the key that follows another one, of which whoever knows the nonce alone can tell
// nothing: in the form of Random.
func Successor(key, nonce string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(nonce))
	// 256 bits on 165 of them: no key is more likely than another by more than 2^-90.
	text := new(big.Int).SetBytes(mac.Sum(nil)).Text(len(alphabet))
	return strings.Repeat("0", max(0, length-len(text))) + text[max(0, len(text)-length):]
}

// Hash is what a row holds in the place of its key, so that a leaked table opens no session.
func Hash(key string) string {
	sum := sha256.Sum256([]byte(key))
	var text [2 * sha256.Size]byte
	hex.Encode(text[:], sum[:])
	return string(text[:])
}

// IsHash tells whether a text has the form of a hash. No key of ours has: keys are shorter.
func IsHash(s string) bool { return isHex(s, 2*sha256.Size) }

// handleLength is how much of the hash a handle shows.
const handleLength = 12

// Handle is the public name of the session with that key; "" of none.
func Handle(key string) string {
	if key == "" {
		return ""
	}
	return HandleOfHash(Hash(key))
}

// HandleOfHash is the public name of the session whose key has that hash.
func HandleOfHash(hash string) string { return hash[:handleLength] }

// IsHandle tells whether a text has the form of a handle.
func IsHandle(s string) bool { return isHex(s, handleLength) }

func isHex(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}
