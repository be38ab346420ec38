package ginsession_test

import (
	"slices"
	"strings"
	"testing"

	gingzip "github.com/gin-contrib/gzip"
	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// A body that comes after the chain is one that the client can read, although a
// middleware inside has promised an encoding and has finished: of an error that it
// swallows, and of any other page.
func TestBodyAfterTheChain(t *testing.T) {
	unwritten := func(answer gin.HandlerFunc) []gin.HandlerFunc {
		return []gin.HandlerFunc{func(c *gin.Context) {
			if c.Next(); !c.Writer.Written() {
				answer(c)
			}
		}}
	}
	promise := func(c *gin.Context) { c.Header("Content-Encoding", "br"); c.Header("ETag", `"br"`) }
	page := func(status int, parts ...string) []gin.HandlerFunc {
		return unwritten(func(c *gin.Context) {
			c.Status(status)
			for _, part := range parts {
				_, _ = c.Writer.WriteString(part)
			}
		})
	}
	const nowhere, silent = "/nowhere", "/silent"
	gzip, encoder := inside["gzip"], inside["another encoder"]
	swallow := []gin.HandlerFunc{promise, etag(false, false)}
	for _, test := range []struct {
		name    string
		outside []gin.HandlerFunc
		inside  []gin.HandlerFunc
		path    string
		status  int
		body    string
	}{
		{"swallowed", nil, swallow, nowhere, 404, "404 page not found"},
		{"a page of 200", page(200, "ren", "dered"), gzip, silent, 200, "rendered"},
		{"a page of 200, not encoded", page(200, "rendered"), encoder, silent, 200, "rendered"},
		{"a JSON of 200", unwritten(func(c *gin.Context) { c.JSON(200, 1) }), gzip, silent, 200, "1"},
		{"an index for what is unknown", page(200, "index"), gzip, nowhere, 200, "index"},
		{"a page of 404", page(404, "no such page"), gzip, nowhere, 404, "no such page"},
		{"a page in two parts", page(410, "it has ", "gone"), gzip, nowhere, 410, "it has gone"},
		{"parts that change", page(410, "it has ", "gone"), inside["one that changes all"],
			nowhere, 410, "IT HAS GONE"},
		{"no page", unwritten(func(c *gin.Context) { c.AbortWithStatus(410) }), gzip, nowhere, 410, ""},
	} {
		for set, touches := range map[string]bool{"untouched": false, "a new session": true} {
			t.Run(test.name+", "+set, func(t *testing.T) {
				each(t, func(t *testing.T, s *site) {
					s.engine.Use(slices.Concat(test.outside, []gin.HandlerFunc{s.session, func(c *gin.Context) {
						if touches {
							ginsession.Get(c).Set("k", "new")
						}
					}}, test.inside)...)
					s.engine.GET("/silent", func(*gin.Context) {})
					a := s.get(test.path)
					s.want(a, test.status, test.body, map[bool]int{true: 1}[touches])
					h := a.response.Header
					if got := h.Get("Content-Encoding") + h.Get("ETag"); got != "" && test.body != "" {
						t.Errorf("described as %s", got)
					}
					if got := strings.Contains(strings.Join(h["Vary"], ","), "Cookie"); got != touches {
						t.Errorf("Vary: %v", h["Vary"])
					}
					s.wantSaved(map[bool]string{true: "new"}[touches])
				})
			})
		}
	}
}

// The 404 of a route that a handler goes on with passes the writers inside too, and
// nothing is added to it by those of the first run, which have finished since.
func TestUnknownRouteOfHandleContext(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.engine.Use(s.session, gingzip.Gzip(gingzip.DefaultCompression))
		s.engine.GET("/", func(c *gin.Context) { set(c, "new"); s.forward(c, "/nowhere") })
		s.engine.GET("/untouched", func(c *gin.Context) { s.forward(c, "/nowhere") })
		for path, cookies := range map[string]int{"/": 1, "/untouched": 0} {
			a := s.ask("GET", path)
			s.want(a, 404, "404 page not found", cookies)
			if got := a.response.Header.Get("Content-Encoding"); got != "" {
				t.Errorf("Content-Encoding: %s", got)
			}
		}
		s.wantSaved("new")
	})
}

// What an option does to each request it does on an unknown route as well.
func TestUnknownRouteRenewsTheSession(t *testing.T) {
	s := newSite(t, gormsession.WithSaveEveryRequest(), gormsession.WithExpiryStep(0))
	login := s.login()
	s.engine.Use(s.session, gingzip.Gzip(gingzip.DefaultCompression))
	a := s.get("/nowhere", login)
	s.want(a, 404, "404 page not found", 1)
	if vary := a.response.Header["Vary"]; !slices.Contains(vary, "Cookie") {
		t.Errorf("Vary: %v", vary)
	}
}

// A panic inside leaves the response to what is outside, as it was found.
func TestPanicWithinEncoders(t *testing.T) {
	for name, use := range inside {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				sorry := gin.CustomRecovery(func(c *gin.Context, _ any) { c.String(500, "sorry") })
				s.engine.Use(slices.Concat([]gin.HandlerFunc{sorry, s.session}, use)...)
				s.engine.NoRoute(func(c *gin.Context) { set(c, "new"); panic("no") })
				s.engine.GET("/", func(c *gin.Context) { set(c, "new"); c.String(200, "body"); panic("no") })
				for _, path := range []string{"/", "/nowhere"} {
					a := s.get(path)
					s.want(a, 500, "sorry", 0)
					if got := a.response.Header.Get("Content-Encoding"); got != "" {
						t.Errorf("Content-Encoding: %s", got)
					}
				}
				s.wantSaved("")
			})
		})
	}
}
