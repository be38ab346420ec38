package ginsession_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// One session mounted twice by mistake is the usual cause of two plugins that set
// the same cookie, and the message says so, once.
func TestTwoPluginsOfOneCookie(t *testing.T) {
	for name, between := range map[string]bool{"side by side": false, "with another between": true} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			again := ginsession.Handler(s.newPlugin())
			use := []gin.HandlerFunc{s.session}
			if between {
				use = append(use, ginsession.Handler(s.newPlugin(
					gormsession.WithCookieName("other"), gormsession.WithTable("others"))))
			}
			s.engine.GET("/", append(use, again, func(c *gin.Context) { set(c, "new") })...)
			s.get("/")
			s.get("/")
			log := s.Log.String()
			if strings.Count(log, "set the same cookie") != 1 {
				t.Errorf("logged: %s", log)
			}
			for _, word := range []string{
				"mounted twice", "ginsession.New", "WithCookieName", "cookie=session",
			} {
				if !strings.Contains(log, word) {
					t.Errorf("%q is not in the log: %s", word, log)
				}
			}
		})
	}
}

// A request of its own to another router, whose plugin has a cookie of the same name,
// is another response.
func TestSameCookieOfAnotherResponse(t *testing.T) {
	s := newSite(t)
	part := gin.New()
	part.GET("/part", ginsession.Handler(s.newPlugin()), func(c *gin.Context) {
		set(c, "part")
		c.String(200, "part")
	})
	s.engine.GET("/", s.session, func(c *gin.Context) {
		r := c.Request.Clone(c.Request.Context())
		r.URL.Path = "/part"
		w := &memory{header: http.Header{}}
		part.ServeHTTP(w, r)
		c.String(200, w.String())
	})
	s.want(s.get("/"), 200, "part", 0)
	if log := s.Log.String(); log != "" {
		t.Errorf("logged: %s", log)
	}
}
