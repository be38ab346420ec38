package header

import (
	"net/http"
	"net/textproto"
	"slices"
	"strings"
)

// maxRivals is how many different keys of one request are looked up, which bounds what a request
// can make the database do.
const maxRivals = 8

// Brought is what a request brings under the name of the cookie.
type Brought struct {
	Present bool     // a cookie, well formed or not
	Key     string   // the last one that is well formed
	Rivals  []string // all of those, if they differ and one is wanted that is alone
	Crowd   bool     // there are more rivals than are looked up
}

// A Reading says how the cookie of a request is read.
type Reading struct {
	Name       string
	Unquote    bool // the value is unquoted as by Python's http.cookies
	LastCounts bool // of several keys the last one is the session's, and the others are no rivals
	WellFormed func(value string) bool
}

// Read returns what a request with the header h brings.
func (how Reading) Read(h http.Header) (b Brought) {
	for _, line := range h["Cookie"] {
		for part := range strings.SplitSeq(line, ";") {
			name, value, _ := strings.Cut(part, "=")
			if textproto.TrimString(name) != how.Name {
				continue
			}
			b.Present = true
			value = textproto.TrimString(value)
			if how.Unquote {
				value = unquote(value)
			} else if n := len(value); n > 1 && value[0] == '"' && value[n-1] == '"' {
				value = value[1 : n-1]
			}
			if how.WellFormed(value) {
				b.add(value, how.LastCounts)
			}
		}
	}
	return b
}

// add notes a key. The same one twice is one.
func (b *Brought) add(key string, lastCounts bool) {
	last := b.Key
	b.Key = key
	switch {
	case lastCounts, last == "", last == key, slices.Contains(b.Rivals, key):
		return
	case b.Rivals == nil:
		b.Rivals = []string{last}
	}
	if b.Crowd = len(b.Rivals) == maxRivals; !b.Crowd {
		b.Rivals = append(b.Rivals, key)
	}
}
