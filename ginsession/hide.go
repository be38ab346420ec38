package ginsession

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/response"
)

// hide takes the session's key out of the request that a panic leaves behind, and
// those of the sessions inside that it has passed. A run that the router begins
// afterwards, for an error page, finds the key again.
func (r *run) hide(c *gin.Context) {
	after := r.aftermath()
	for _, plugin := range append(after.passed, r.plugin) {
		after.hidden = response.Joined(after.hidden, hide(c, plugin))
	}
}

// hide takes a plugin's key out of the request and returns what it has taken, nil if
// there was nothing: gin's recovery outside prints the request, and whoever reads
// that log could use the key. Request and header are replaced, not changed, as
// others may hold them.
func hide(c *gin.Context, plugin *gormsession.Plugin) http.Header {
	shown, hidden := plugin.Adapter().Hide(c.Request.Header)
	if hidden != nil {
		request := c.Request.WithContext(c.Request.Context())
		request.Header = shown
		c.Request = request
	}
	return hidden
}
