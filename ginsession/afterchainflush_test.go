package ginsession_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/ginsession"
)

// A middleware outside may send the header before the body: that is plain then, whatever those
// inside have said that they would make of it.
func TestHeaderThatLeavesAfterTheChain(t *testing.T) {
	for name, send := range map[string]func(c *gin.Context){
		"Flush":              func(c *gin.Context) { c.Writer.Flush() },
		"WriteHeaderNow":     func(c *gin.Context) { c.Writer.WriteHeaderNow() },
		"ResponseController": func(c *gin.Context) { _ = http.NewResponseController(c.Writer).Flush() },
	} {
		for what, use := range inside {
			if what == "a buffer" || what == "a buffer that goes" {
				continue // which have answered
			}
			for _, status := range []int{200, 404} {
				s := newSite(t)
				after := func(c *gin.Context) {
					c.Next()
					if !c.Writer.Written() {
						c.Status(status)
						send(c)
						_, _ = c.Writer.WriteString("a page")
					}
				}
				touch := func(c *gin.Context) { ginsession.Get(c).Get("k") }
				s.engine.GET("/", append([]gin.HandlerFunc{after, s.session, touch}, use...)...)
				a := s.send("GET", "/", func(r *http.Request) { r.Header.Set("Accept-Encoding", "gzip") })
				where := fmt.Sprintf("%s, %s, %d", name, what, status)
				if a.status != status || a.body != "a page" || a.err != nil ||
					a.response.Header.Get("Content-Encoding") != "" {
					t.Errorf("%s: %d %q, %v, %v", where, a.status, a.body, a.err, a.response.Header)
				}
			}
		}
	}
}
