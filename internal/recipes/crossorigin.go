package recipes

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// sameOrigin is mounted before the session: r.Use(gin.Recovery(), guard, session).
func sameOrigin(trusted ...string) (gin.HandlerFunc, error) {
	protection := http.NewCrossOriginProtection()
	for _, origin := range trusted { // such as https://login.example.com
		if err := protection.AddTrustedOrigin(origin); err != nil {
			return nil, err
		}
	}
	return func(c *gin.Context) {
		if protection.Check(c.Request) != nil {
			c.String(http.StatusForbidden, "this was sent by a page of another site")
			c.Abort()
		}
	}, nil
}
