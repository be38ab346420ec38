package gormsession

import (
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"

	"github.com/seed7368b609/gormsession/internal/verdict"
)

// maxRivals is how many different keys of one request are looked up, which bounds what a request
// can make the database do.
const maxRivals = 8

// brought is what a request brings under the name of the cookie.
type brought struct {
	present bool     // a cookie, well formed or not
	key     string   // the last one that is well formed
	rivals  []string // all of those, if they differ and the layout wants one that is alone
	crowd   bool     // there are more rivals than are looked up
}

// facts are what the end of the request depends on, as far as they are known at its begin.
func (b brought) facts() verdict.Case {
	switch {
	case !b.present:
		return verdict.Case{}
	case b.key == "":
		return verdict.Case{Cookie: verdict.Malformed}
	case len(b.rivals) > 0:
		return verdict.Case{Cookie: verdict.Several, Row: verdict.Unasked}
	}
	return verdict.Case{Cookie: verdict.WellFormed, Row: verdict.Unasked}
}

// readCookie returns what a request brings.
func (o *options) readCookie(h http.Header) (b brought) {
	for _, line := range h["Cookie"] {
		for part := range strings.SplitSeq(line, ";") {
			name, value, _ := strings.Cut(part, "=")
			if textproto.TrimString(name) != o.cookieName {
				continue
			}
			b.present = true
			value = textproto.TrimString(value)
			if o.unquotesCookie() {
				value = unquote(value)
			} else if n := len(value); n > 1 && value[0] == '"' && value[n-1] == '"' {
				value = value[1 : n-1]
			}
			if o.wellFormed(value) {
				b.add(value, o.layout.LastCookieCounts)
			}
		}
	}
	return b
}

// add notes a key. The same one twice is one.
func (b *brought) add(key string, lastCounts bool) {
	last := b.key
	b.key = key
	switch {
	case lastCounts, last == "", last == key, slices.Contains(b.rivals, key):
		return
	case b.rivals == nil:
		b.rivals = []string{last}
	}
	if b.crowd = len(b.rivals) == maxRivals; !b.crowd {
		b.rivals = append(b.rivals, key)
	}
}

// unquote takes the quotes and escapes (\" and \ooo) off a value, as Python's http.cookies does.
func unquote(value string) string {
	n := len(value)
	if n < 2 || value[0] != '"' || value[n-1] != '"' {
		return value
	}
	value = value[1 : n-1]
	if !strings.Contains(value, `\`) {
		return value
	}
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] != '\\' || i+1 == len(value) {
			b.WriteByte(value[i])
			continue
		}
		if i+3 < len(value) {
			if c, err := strconv.ParseUint(value[i+1:i+4], 8, 8); err == nil {
				b.WriteRune(rune(c))
				i += 3
				continue
			}
		}
		i++
		b.WriteByte(value[i])
	}
	return b.String()
}
