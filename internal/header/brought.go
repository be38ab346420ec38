package header

import (
	"net/textproto"
	"slices"
	"strings"
)

// maxRivals is how many different keys of one request are looked up, which bounds what a request
// can make the database do.
const maxRivals = 8

// Brought is what a request brings under the name of the cookie, or in the field.
type Brought struct {
	ByField bool     // the field is there, so the cookie does not count
	Present bool     // a cookie, or a value of the field, well formed or not
	Key     string   // the last one that is well formed
	Rivals  []string // all of those, if they differ and one is wanted that is alone
	Crowd   bool     // there are more rivals than are looked up
}

// A Reading says how the key of a request is read.
type Reading struct {
	Name       string // of the cookie
	Field      string // of the header, for clients without cookies; "" if there is none
	Unquote    bool   // the value is unquoted as by Python's http.cookies
	LastCounts bool   // of several keys the last one is the session's, and the others are no rivals
	WellFormed func(value string) bool
}

// Read returns what a request brings with these lines of Cookie, and of the field.
func (how Reading) Read(cookies, field []string) (b Brought) {
	if len(field) > 0 && how.Field != "" {
		return how.readField(field)
	}
	for _, line := range cookies {
		for part := range strings.SplitSeq(line, ";") {
			name, value, named := strings.Cut(part, "=")
			if !named || textproto.TrimString(name) != how.Name {
				continue // without a "=" it is the value of a cookie that has no name
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

// readField returns what the field brings. A proxy may have joined several lines by a comma, and
// elements that are empty are none (RFC 9110, 5.6.1). No client that is sound sends two values, and
// nobody else can plant one: of two none is a key.
func (how Reading) readField(lines []string) Brought {
	b, brought := Brought{ByField: true}, ""
	for _, line := range lines {
		for value := range strings.SplitSeq(line, ",") {
			switch value = textproto.TrimString(value); {
			case value == "":
			case b.Present && value != brought:
				return b
			default:
				b.Present, brought = true, value
			}
		}
	}
	if b.Present && how.WellFormed(brought) {
		b.Key = brought
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
