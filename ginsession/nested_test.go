package ginsession_test

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/ginsession"
)

// Another engine that answers within the response, with the same plugin, shares
// the session.
func TestEngineWithinAnEngine(t *testing.T) {
	for name, wrapped := range map[string]bool{"plain": false, "under a wrapper": true} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				part := gin.New()
				part.Use(s.session)
				part.GET("/part", func(c *gin.Context) {
					ginsession.Get(c).Set("k", "new")
					c.String(201, "part:%v", ginsession.Get(c).Get("first"))
				})
				s.engine.Use(s.session)
				if wrapped {
					s.engine.Use(func(c *gin.Context) { c.Writer = struct{ gin.ResponseWriter }{c.Writer} })
				}
				s.engine.Any("/part",
					func(c *gin.Context) {
						ginsession.Get(c).Set("first", 1)
						part.ServeHTTP(c.Writer, c.Request)
					})
				s.engine.Any("/nowhere",
					func(c *gin.Context) { ginsession.Get(c); part.ServeHTTP(c.Writer, c.Request) })
				a := s.get("/part")
				s.want(a, 201, "part:1", 1)
				s.wantSaved("new")
				s.want(s.get("/nowhere", a), 404, "404 page not found", 0)
			})
		})
	}
}

// A request of its own that a handler makes of the one it answers is not part of
// its response.
func TestEngineForAnotherResponse(t *testing.T) {
	s := newSite(t)
	login := s.login()
	part := gin.New()
	part.GET("/part", s.session,
		func(c *gin.Context) { ginsession.Get(c).Set("part", 1); c.String(200, "part") })
	s.engine.GET("/", s.session, func(c *gin.Context) {
		set(c, "new")
		r := c.Request.Clone(c.Request.Context())
		r.URL.Path = "/part"
		w := &memory{header: http.Header{}}
		part.ServeHTTP(w, r)
		if w.String() != "part" || len(w.header["Set-Cookie"]) != 1 {
			t.Errorf("the part answers %q with %v", w, w.header)
		}
		c.String(200, "body")
	})
	s.want(s.get("/", login), 200, "body", 1)
	s.wantSaved("new")
}

type memory struct {
	bytes.Buffer
	header http.Header
}

func (m *memory) Header() http.Header { return m.header }
func (m *memory) WriteHeader(int)     {}
