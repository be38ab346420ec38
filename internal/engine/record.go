package engine

import (
	"encoding/json"
	"time"
)

// A Record is what a row holds: the text, what it decodes to, and its expiry.
type Record struct {
	key       rowKey
	Data      string
	Expire    time.Time
	Entries   map[string]json.RawMessage
	EndedHere bool // this request has let it end
	Near      bool // a replica has said so, and the row may hold something else by now
}

// Is tells whether a row holds what another record has.
func (r Record) Is(other Record) bool {
	return r.Data == other.Data && r.Expire.Equal(other.Expire)
}

// HasEnded tells whether its time was over at that instant, though nobody has let it end.
func (r Record) HasEnded(at time.Time) bool { return !r.EndedHere && !r.Expire.After(at) }

// EndAt gives what is written at now its expiry.
func (r *Record) EndAt(expire, now time.Time) { r.Expire, r.EndedHere = expire, !expire.After(now) }
