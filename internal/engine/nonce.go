package engine

import (
	"crypto/rand"
	"encoding/json"
	"maps"
	"slices"
)

// A nonce marks the text of a save that must not be done twice, so that after a lost answer the row
// itself says whether it was ours: 40 random bits as 20 characters of JSON's white space before the
// first value. Whoever reads the row does not see it, Django neither. Inside the object it is
// signed and compressed as the rest; after it, it would break signatures.
//
// What is saved on top of a marked text is marked too, so that a text that was there before does
// not come back: that the row holds it is then proof that nothing was saved on it.
type nonce string

func newNonce() nonce {
	var random [5]byte
	rand.Read(random[:]) // never fails (crypto/rand)
	mark := make([]byte, 0, 4*len(random))
	for _, b := range random {
		for shift := 0; shift < 8; shift += 2 {
			mark = append(mark, " \t\r\n"[b>>shift&3])
		}
	}
	return nonce(mark)
}

// on returns entries with the mark. Where there is no entry there is none to carry it.
func (n nonce) on(entries map[string]json.RawMessage) map[string]json.RawMessage {
	if n == "" || len(entries) == 0 {
		return entries
	}
	first := slices.Min(slices.Collect(maps.Keys(entries)))
	entries = maps.Clone(entries)
	entries[first] = append(json.RawMessage(n), entries[first]...)
	return entries
}
