package contender

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

// Key is the key of the i-th seeded session: 32 characters in no order.
func Key(i int) string { return hash(strconv.Itoa(i))[:32] }

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
