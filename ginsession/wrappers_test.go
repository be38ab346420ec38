package ginsession_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// wrappers put something between the session and what is inside of it.
var wrappers = map[string]gin.HandlerFunc{
	"none":                 func(*gin.Context) {},
	"an embedding wrapper": func(c *gin.Context) { c.Writer = struct{ gin.ResponseWriter }{c.Writer} },
	"two of them":          func(c *gin.Context) { c.Writer = upper{upper{c.Writer}} },
	"a buffer with a header": func(c *gin.Context) {
		c.Writer = &ownHeader{buffer{ResponseWriter: c.Writer}, http.Header{}, 0}
	},
	"a buffer that cannot push": func(c *gin.Context) {
		c.Writer = &unpushing{ownHeader{buffer{ResponseWriter: c.Writer}, http.Header{}, 0}}
	},
	"hidden": func(c *gin.Context) { c.Writer = hiding{inner: c.Writer, header: c.Writer.Header} },
	"hidden, with a header": func(c *gin.Context) {
		header := c.Writer.Header()
		c.Writer = hiding{inner: c.Writer, header: func() http.Header { return header }}
	},
}

type unpushing struct{ ownHeader }

func (*unpushing) Pusher() http.Pusher { return nil }

// hiding forwards what it is asked, but does not show to whom.
type hiding struct {
	gin.ResponseWriter // nil
	inner              gin.ResponseWriter
	header             func() http.Header
}

func (h hiding) Header() http.Header                  { return h.header() }
func (h hiding) WriteHeader(code int)                 { h.inner.WriteHeader(code) }
func (h hiding) WriteHeaderNow()                      { h.inner.WriteHeaderNow() }
func (h hiding) Write(data []byte) (int, error)       { return h.inner.Write(data) }
func (h hiding) WriteString(data string) (int, error) { return h.inner.WriteString(data) }
func (h hiding) Status() int                          { return h.inner.Status() }
func (h hiding) Size() int                            { return h.inner.Size() }
func (h hiding) Written() bool                        { return h.inner.Written() }
func (h hiding) Pusher() http.Pusher                  { return h.inner.Pusher() }

// drained sends what a buffering wrapper has kept.
func drained(wrap gin.HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		before := c.Writer
		wrap(c)
		within := c.Writer
		c.Next()
		switch w := within.(type) {
		case *ownHeader:
			_, _ = before.Write(w.body.Bytes())
		case *unpushing:
			_, _ = before.Write(w.body.Bytes())
		}
	}
}

// A handler that is mounted twice acts once, whatever lies between, and is told from
// a response that the router has begun again.
func TestSamePluginTwiceUnderWrappers(t *testing.T) {
	for name, wrap := range wrappers {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				s.engine.Use(s.session, drained(wrap), ginsession.Handler(s.plugin))
				s.engine.GET("/", func(c *gin.Context) { set(c, "new"); c.String(200, "BODY") })
				s.engine.GET("/again", func(c *gin.Context) { set(c, "first"); s.forward(c, "/") })
				s.want(s.get("/"), 200, "BODY", 1)
				s.wantSaved("new")
				s.want(s.get("/again"), 200, "BODY", 1)
			})
		})
	}
}

// A middleware inside that gives the request a context of its own loses what else is
// in it, but not the session, and a second mount acts once still.
func TestContextReplacedInside(t *testing.T) {
	forget := func(c *gin.Context) { c.Request = c.Request.WithContext(context.Background()) }
	for name, wrap := range wrappers {
		if strings.HasPrefix(name, "hidden") {
			continue // nobody can look through these
		}
		for _, twice := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", twice ", twice), func(t *testing.T) {
				each(t, func(t *testing.T, s *site) {
					var outside *ginsession.State
					get := func(c *gin.Context) { outside = ginsession.Get(c) }
					s.engine.Use(s.session, get, drained(wrap), forget)
					if twice {
						s.engine.Use(ginsession.Handler(s.plugin))
					}
					s.engine.GET("/", func(c *gin.Context) {
						session, ok := ginsession.From(c)
						if !ok || session != outside || session != ginsession.Get(c) ||
							session != ginsession.GetFrom(c, s.plugin) {
							t.Error("it is another session")
						}
						set(c, "new")
						c.String(200, "BODY")
					})
					s.want(s.get("/"), 200, "BODY", 1)
					s.wantSaved("new")
				})
			})
		}
	}
}

// Another router answers within the response also where a wrapper hides that.
func TestEngineWithinAWrapperThatHides(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		part := gin.New()
		part.GET("/", s.session, func(c *gin.Context) { set(c, "new"); c.String(200, "part") })
		s.engine.GET("/", s.session, wrappers["hidden"], func(c *gin.Context) {
			outside := ginsession.Get(c)
			part.ServeHTTP(c.Writer, c.Request)
			if outside.Get("k") != "new" {
				t.Error("there are two sessions")
			}
		})
		s.want(s.get("/"), 200, "part", 1)
		s.wantSaved("new")
	})
}

// Another router within two plugins that mounts the outer one means that one.
func TestEngineWithinTwoPlugins(t *testing.T) {
	two(t, func(t *testing.T, s *site, other *gormsession.Plugin) {
		part := gin.New()
		part.GET("/", s.session, func(c *gin.Context) {
			session, ok := ginsession.From(c.Request.Context())
			if !ok || session != ginsession.Get(c) || session != ginsession.GetFrom(c, s.plugin) {
				t.Error("Get is not the session of the router's own plugin")
			}
			if session == ginsession.GetFrom(c, other) {
				t.Error("GetFrom does not find the other plugin")
			}
		})
		s.engine.GET("/", s.session, ginsession.Handler(other), func(c *gin.Context) {
			part.ServeHTTP(c.Writer, c.Request)
			if ginsession.Get(c) != ginsession.GetFrom(c, other) {
				t.Error("Get is not the inner session again")
			}
		})
		s.want(s.get("/"), 200, "", 0)
	})
}
