package ginsession_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	gingzip "github.com/gin-contrib/gzip"
	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// Where the response has left already when the session fails, an error middleware outside adds
// nothing to it: what the client has is complete, and may be compressed.
func TestNothingIsAddedToWhatHasLeft(t *testing.T) {
	gz := gingzip.Gzip(gingzip.DefaultCompression)
	letsGo := gormsession.WithErrorHandler(
		func(http.ResponseWriter, *http.Request, error) bool { return false })
	whole := strings.Repeat("x", 65<<10)
	for where, mount := range map[string]func(us, other gin.HandlerFunc) []gin.HandlerFunc{
		"outside": func(us, _ gin.HandlerFunc) []gin.HandlerFunc {
			return []gin.HandlerFunc{documented, us}
		},
		"compressed inside": func(us, _ gin.HandlerFunc) []gin.HandlerFunc {
			return []gin.HandlerFunc{documented, us, gz}
		},
		"outside of two plugins": func(us, other gin.HandlerFunc) []gin.HandlerFunc {
			return []gin.HandlerFunc{documented, other, us}
		},
	} {
		t.Run(where, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				other := ginsession.Handler(s.newPlugin(
					gormsession.WithTable("others"), gormsession.WithCookieName("other")))
				s.engine.Use(mount(ginsession.Handler(s.newPlugin(letsGo)), other)...)
				s.engine.GET("/flush", func(c *gin.Context) {
					c.String(200, "body")
					c.Writer.Flush()
					logIn(c)
				})
				s.engine.GET("/long", func(c *gin.Context) {
					c.String(200, whole)
					c.Writer.Flush()
					logIn(c)
				})
				s.engine.GET("/events", func(c *gin.Context) {
					c.Stream(func(io.Writer) bool { c.SSEvent("m", "hello"); return false })
					logIn(c)
				})
				s.engine.GET("/lets", func(c *gin.Context) {
					set(c, "new")
					c.String(200, "body")
				})
				for _, page := range [][2]string{{"/flush", "body"}, {"/long", whole},
					{"/events", "event:m\ndata:hello\n\n"}, {"/lets", "body"}} {
					path, want := page[0], page[1]
					if path == "/lets" {
						s.BreakWrites()
					}
					a := s.send("GET", path, func(r *http.Request) {
						r.Header.Set("Accept-Encoding", "gzip")
					})
					if a.response != nil && a.response.Header.Get("Content-Encoding") == "gzip" {
						a.body = gunzip(t, a)
					}
					if a.status != 200 || a.body != want || a.err != nil {
						t.Errorf("%s: got %d %.80q... (%d), %v", path, a.status, a.body, len(a.body), a.err)
					}
				}
			})
		})
	}
}
