package ginsession_test

import (
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"slices"
	"testing"

	"github.com/gin-contrib/gzip"
	"github.com/gin-gonic/gin"
)

// 103 goes out at once, without the cookie, and leaves everything to the answer.
func TestEarlyHints(t *testing.T) {
	hint := func(c *gin.Context) {
		c.Header("Link", "</style.css>; rel=preload")
		c.Status(http.StatusEarlyHints)
		c.Writer.WriteHeaderNow()
	}
	for _, test := range []struct {
		name    string
		outside []gin.HandlerFunc
		path    string
		status  int
		body    string
		hints   []int
	}{
		{"then 200", nil, "/", 200, "body", []int{103}},
		{"then 404", nil, "/missing", 404, "none", []int{103}},
		{"then the router's 404", nil, "/nowhere", 404, "404 page not found", []int{103}},
		{"two of them", []gin.HandlerFunc{hint}, "/twice", 200, "body", []int{103, 103}},
		{"under a writer that hides the server's", []gin.HandlerFunc{gzip.Gzip(gzip.DefaultCompression)},
			"/", 200, "body", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				if test.path != "/twice" {
					s.engine.Use(test.outside...)
				}
				s.engine.Use(s.session, hint, func(c *gin.Context) { set(c, "new") })
				s.engine.GET("/", func(c *gin.Context) { c.String(200, "body") })
				s.engine.GET("/twice", hint, func(c *gin.Context) { c.String(200, "body") })
				s.engine.GET("/missing", func(c *gin.Context) { c.String(404, "none") })
				var hints []int
				a := s.send("GET", test.path, func(r *http.Request) {
					r.Header.Set("Accept-Encoding", "identity")
					if test.hints == nil {
						r.Header.Set("Accept-Encoding", "gzip")
					}
					*r = *r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
						Got1xxResponse: func(code int, header textproto.MIMEHeader) error {
							hints = append(hints, code)
							if header.Get("Link") == "" || header.Get("Set-Cookie") != "" {
								t.Errorf("a hint with the header %v", header)
							}
							return nil
						},
					}))
				})
				if test.hints == nil {
					a.body = gunzip(t, a)
				}
				s.want(a, test.status, test.body, 1)
				s.wantSaved("new")
				if !slices.Equal(hints, test.hints) {
					t.Errorf("got the hints %v", hints)
				}
			})
		})
	}
}
