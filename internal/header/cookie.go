package header

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/seed7368b609/gormsession/internal/scheme"
)

// A Cookie has the attributes of the session's cookie, which setting and deleting it share: a
// browser ignores a deletion that differs.
type Cookie struct {
	Name, Domain, Path string
	Secure             Secure
	HTTPOnly           bool
	SameSite           http.SameSite
	Partitioned        bool
}

// Secure says when a cookie is for https alone.
type Secure uint8

const (
	ByRequest Secure = iota // where the request came by https
	Always
	Never
)

// IsSecure tells whether the cookie is for https alone, for the client of r.
func (c Cookie) IsSecure(r *http.Request) bool {
	return c.Secure == Always || c.Secure == ByRequest && scheme.Of(r) == "https"
}

// of is the cookie with a value, for the client of r.
func (c Cookie) of(r *http.Request, value string) *http.Cookie {
	return &http.Cookie{
		Name: c.Name, Value: value, Path: c.Path, Domain: c.Domain,
		HttpOnly: c.HTTPOnly, SameSite: c.SameSite, Partitioned: c.Partitioned,
		Secure: c.IsSecure(r),
	}
}

// SetUntilClosed puts the cookie into h, for as long as the browser runs.
func (c Cookie) SetUntilClosed(h http.Header, r *http.Request, value string) {
	c.replace(h, c.of(r, value).String())
}

// Set puts the cookie into h, for that many seconds from now.
func (c Cookie) Set(h http.Header, r *http.Request, value string, seconds int64, now time.Time) {
	line := c.of(r, value)
	line.Expires = now.Add(time.Duration(seconds) * time.Second)
	// Max-Age is written here: http.Cookie writes every age below zero as 0, and takes 0 for none.
	c.replace(h, line.String()+"; Max-Age="+strconv.FormatInt(seconds, 10))
}

// Delete asks the client to forget the cookie.
func (c Cookie) Delete(h http.Header, r *http.Request) {
	line := c.of(r, "")
	line.Expires = time.Unix(0, 0)
	c.replace(h, line.String()+"; Max-Age=0")
}

// replace adds a Set-Cookie line in the place of any earlier one of that name, so that there is
// never more than one.
func (c Cookie) replace(h http.Header, line string) {
	kept := h["Set-Cookie"][:0:0]
	for _, l := range h["Set-Cookie"] {
		if !strings.HasPrefix(l, c.Name+"=") {
			kept = append(kept, l)
		}
	}
	h["Set-Cookie"] = append(kept, line)
}
