package sessionkey

import (
	"strings"
	"testing"
)

// A successor has the form of a key, is the same for the same key and nonce, and is another one for
// any other; one that begins with zeros keeps its length.
func TestSuccessor(t *testing.T) {
	seen := map[string]bool{}
	for range 20_000 {
		key, nonce := Random(), Random()
		next := Successor(key, nonce)
		if len(next) != length || strings.Trim(next, alphabet) != "" {
			t.Fatalf("%q is no key", next)
		}
		if next != Successor(key, nonce) || next == Successor(key, nonce+"x") ||
			next == Successor(nonce, key) || seen[next] {
			t.Fatal("a successor is not that of its key and nonce alone")
		}
		seen[next] = true
	}
}
