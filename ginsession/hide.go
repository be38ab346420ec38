package ginsession

import (
	"maps"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"
)

// hide takes the session's key out of the request that a panic leaves behind:
// gin's recovery outside prints it, and whoever reads that log could use the key.
// Request and header are replaced, not changed, as others may hold them. A run
// that the router begins afterwards, for an error page, finds the key again.
func (r *run) hide(c *gin.Context) {
	shown, hidden := r.plugin.Adapter().Hide(c.Request.Header)
	if hidden == nil {
		return
	}
	after := r.aftermath()
	after.hidden = joined(after.hidden, hidden)
	request := c.Request.WithContext(c.Request.Context())
	request.Header = shown
	c.Request = request
}

// joined are the lines of two headers.
func joined(a, b http.Header) http.Header {
	all := maps.Clone(a)
	if all == nil {
		all = http.Header{}
	}
	for name, lines := range b {
		all[name] = slices.Concat(all[name], lines)
	}
	return all
}
