package ginsession_test

import (
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// The cookie of one session goes out although the response of another one's plugin is replaced by
// an error, or by a recovery: no shared cache stores that one either, whatever is said outside.
func TestKeptCookieIsNotStored(t *testing.T) {
	for name, test := range map[string]struct {
		fails  func(s *site, c *gin.Context)
		status int
	}{
		"the outer commit fails": {func(s *site, c *gin.Context) { s.BreakWrites() }, 503},
		"a panic outside of the inner one": {func(s *site, c *gin.Context) {
			panic("in a middleware")
		}, 500},
	} {
		t.Run(name, func(t *testing.T) {
			two(t, func(t *testing.T, s *site, other *gormsession.Plugin) {
				for _, control := range []string{"public, max-age=60", "max-age=60", "no-cache"} {
					path := "/" + control[:4]
					s.engine.GET(path, func(c *gin.Context) {
						c.Header("Cache-Control", control)
						c.Header("CDN-Cache-Control", "max-age=60")
						c.Next()
					}, gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, _ any) { c.AbortWithStatus(500) }),
						ginsession.Handler(other), func(c *gin.Context) {
							if test.status == 503 {
								ginsession.GetFrom(c, other).Set("n", 1)
							}
							c.Next()
							test.fails(s, c)
						}, s.session, func(c *gin.Context) { set(c, "new"); c.String(200, "body") })
					a := s.get(path)
					s.Statements.Fail(nil)
					if a.status != test.status || len(a.cookies()) != 1 || a.others() != 0 {
						t.Errorf("%s: %d, %v", control, a.status, a.response.Header)
					}
					list := http.Header{"Cache-Control": a.response.Header["Cache-Control"]}
					if got := list.Get("Cache-Control"); got != "private" && got != control+", private" ||
						a.response.Header.Get("CDN-Cache-Control") != "" {
						t.Errorf("%s: %v", control, a.response.Header)
					}
				}
			})
		})
	}
}
