package ginsession

import (
	"maps"
	"net/textproto"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

// hide takes the session's cookie out of the request that a panic leaves behind:
// gin's recovery outside prints it, and whoever reads that log could use the key.
// Request and header are replaced, not changed, as others may hold them. A run
// that the router begins afterwards, for an error page, finds the cookie again.
func (r *run) hide(c *gin.Context) {
	kept, hidden := split(c.Request.Header["Cookie"], r.plugin.CookieName())
	if len(hidden) == 0 {
		return
	}
	after := r.aftermath()
	after.hidden = append(after.hidden, hidden...)
	header := maps.Clone(c.Request.Header)
	delete(header, "Cookie")
	if len(kept) > 0 {
		header["Cookie"] = kept
	}
	request := c.Request.WithContext(c.Request.Context())
	request.Header = header
	c.Request = request
}

// split takes the cookies of a name out of the lines of a Cookie header. What is
// left is as it was.
func split(lines []string, name string) (kept, taken []string) {
	for _, line := range lines {
		others := slices.DeleteFunc(strings.Split(line, ";"), func(cookie string) bool {
			its, _, _ := strings.Cut(cookie, "=")
			if textproto.TrimString(its) != name {
				return false
			}
			taken = append(taken, cookie)
			return true
		})
		if rest := textproto.TrimString(strings.Join(others, ";")); rest != "" {
			kept = append(kept, rest)
		}
	}
	return kept, taken
}
