package gormsession

import (
	"math"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/seed7368b609/gormsession/internal/scheme"
)

// readCookie returns the key that a request brings: of several cookies of the name the last one that is well formed. present tells
// whether there is a cookie of the name at all.
func (o *options) readCookie(h http.Header) (key string, present bool) {
	for _, line := range h["Cookie"] {
		for part := range strings.SplitSeq(line, ";") {
			name, value, _ := strings.Cut(part, "=")
			if textproto.TrimString(name) != o.cookieName {
				continue
			}
			present = true
			value = textproto.TrimString(value)
			if o.unquotesCookie() {
				value = unquote(value)
			} else if n := len(value); n > 1 && value[0] == '"' && value[n-1] == '"' {
				value = value[1 : n-1]
			}
			if o.wellFormed(value) {
				key = value
			}
		}
	}
	return key, present
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

// cookie is the cookie with its attributes, which setting and deleting it share: a browser ignores a deletion that differs.
func (o *options) cookie(value string, r *http.Request) *http.Cookie {
	c := &http.Cookie{
		Name: o.cookieName, Value: value, Path: o.path, Domain: o.domain,
		HttpOnly: o.httpOnly, SameSite: o.sameSite, Partitioned: o.partitioned,
	}
	switch {
	case o.alwaysSecure() != "":
		c.Secure = true
	case o.secure != nil:
		c.Secure = *o.secure
	default:
		c.Secure = scheme.Of(r) == "https"
	}
	return c
}

// setCookie puts the session's cookie into h, for as long as l says from now on.
func (o *options) setCookie(h http.Header, r *http.Request, key string, l lifetime, now time.Time) {
	c := o.cookie(key, r)
	if l.browser {
		replaceCookie(h, o.cookieName, c.String())
		return
	}
	age := l.ageAt(now)
	seconds := int64(math.Floor(age.Seconds()))
	c.Expires = now.Add(age)
	// Max-Age is written here, as http.Cookie writes every age below zero as 0, and takes 0 for none.
	replaceCookie(h, o.cookieName, c.String()+"; Max-Age="+strconv.FormatInt(seconds, 10))
}

// deleteCookie asks the client to forget the cookie.
func (o *options) deleteCookie(h http.Header, r *http.Request) {
	c := o.cookie("", r)
	c.Expires = time.Unix(0, 0)
	replaceCookie(h, o.cookieName, c.String()+"; Max-Age=0")
}

// replaceCookie adds a Set-Cookie line in the place of any earlier one of that name, so that there is never more than one.
func replaceCookie(h http.Header, name, line string) {
	kept := h["Set-Cookie"][:0:0]
	for _, l := range h["Set-Cookie"] {
		if !strings.HasPrefix(l, name+"=") {
			kept = append(kept, l)
		}
	}
	h["Set-Cookie"] = append(kept, line)
}

// varyOnCookie adds Cookie to Vary, as Django's patch_vary_headers does: what is there keeps its order and case, and * covers all.
func varyOnCookie(h http.Header) {
	lines := h["Vary"]
	if len(lines) == 0 {
		h["Vary"] = []string{"Cookie"}
		return
	}
	for _, line := range lines {
		for field := range strings.SplitSeq(line, ",") {
			switch field = strings.TrimSpace(field); {
			case field == "*":
				h["Vary"] = []string{"*"}
				return
			case strings.EqualFold(field, "Cookie"):
				return
			}
		}
	}
	h["Vary"] = []string{strings.Join(lines, ", ") + ", Cookie"}
}

// isStored tells whether shared caches may store the response with what the handler says, without a word on whom it is for.
func isStored(h http.Header) bool {
	for _, line := range h["Cache-Control"] {
		for directive := range strings.SplitSeq(line, ",") {
			name, _, _ := strings.Cut(strings.TrimSpace(directive), "=")
			switch strings.ToLower(name) {
			case "private", "no-store", "no-cache":
				return false
			}
		}
	}
	return true
}

// isPublic tells whether the handler allows shared caches to keep the response.
func isPublic(h http.Header) bool {
	for _, line := range h["Cache-Control"] {
		for directive := range strings.SplitSeq(line, ",") {
			name, _, _ := strings.Cut(strings.TrimSpace(directive), "=")
			if strings.EqualFold(name, "public") || strings.EqualFold(name, "s-maxage") {
				return true
			}
		}
	}
	return false
}
