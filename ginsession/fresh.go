package ginsession

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// RequireFresh is a middleware for routes that need the password again: it lets a request pass
// whose user has logged in by State.LogIn within d. Otherwise it runs otherwise, such as a redirect
// to the page that asks for the password, and no handler behind it; without one the answer is 401
// where nobody has logged in, and 403. A session that cannot be loaded is 503, as with [Loaded].
func RequireFresh(d time.Duration, otherwise ...gin.HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		s := Get(c)
		if s.Load() != nil {
			c.AbortWithStatus(http.StatusServiceUnavailable) // see Loaded
			return
		}
		if s.IsFresh(d) {
			return
		}
		c.Abort()
		for _, handler := range otherwise {
			handler(c)
		}
		switch {
		case len(otherwise) > 0:
		case s.UserID() == "":
			c.Status(http.StatusUnauthorized)
		default:
			c.Status(http.StatusForbidden)
		}
	}
}
