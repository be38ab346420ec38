package recipes

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/ginsession"
)

// known has the pages that are for those who have logged in. Loaded answers 503 where the database
// is away: without it the guard would see an empty session.
func known(r *gin.Engine) *gin.RouterGroup {
	return r.Group("/", ginsession.Loaded, func(c *gin.Context) {
		if ginsession.Get(c).UserID() == "" {
			c.String(http.StatusUnauthorized, "please log in")
			c.Abort()
		}
	})
}
