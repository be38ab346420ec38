package suite

import (
	"encoding/json"
	"strings"
	"sync/atomic"

	"github.com/seed7368b609/gormsession"
)

// A save that has met another one is done again on what that has left, and reads the row once more
// for it.

// reads is how often a row was read.
func (r reply) reads() int { return strings.Count(r.verbs(), "SELECT") }

// A countingCodec counts the rows that are read.
type countingCodec struct {
	gormsession.Codec
	read atomic.Int64
}

func (c *countingCodec) Decode(key, text string) (map[string]json.RawMessage, error) {
	c.read.Add(1)
	return c.Codec.Decode(key, text)
}
