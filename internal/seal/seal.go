// Package seal names what a sealed text begins with: how it is known, and which key opens it.
package seal

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Prefix begins each sealed text. The identifier of its key follows, and a dot.
const Prefix = "sealed1."

// IDLength is how many characters an identifier has.
const IDLength = 8

// ID names a key, of which nobody can tell anything by it.
func ID(key []byte) string {
	sum := sha256.Sum256(append([]byte("gormsession key identifier\x00"), key...))
	return hex.EncodeToString(sum[:IDLength/2])
}

// IDOf is the identifier of the key that a text is sealed with, "" if it is not sealed.
func IDOf(text string) string {
	rest, sealed := strings.CutPrefix(text, Prefix)
	id, _, dotted := strings.Cut(rest, ".")
	if !sealed || !dotted {
		return ""
	}
	return id
}
