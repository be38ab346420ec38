package ginsession_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// timeout is a middleware in the manner of those for gin: the handlers run on a copy
// of the context, on a goroutine, and write to a buffer with a header of its own.
func timeout(handlers ...gin.HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		w := &ownHeader{buffer: buffer{ResponseWriter: c.Writer}, header: http.Header{}}
		copied := c.Copy()
		copied.Writer = w
		ctx, cancel := context.WithCancel(copied.Request.Context())
		defer cancel()
		copied.Request = copied.Request.WithContext(ctx)
		done := make(chan any)
		go func() {
			defer func() { done <- recover() }()
			for _, handler := range handlers {
				handler(copied)
			}
		}()
		if fault := <-done; fault != nil {
			panic(fault)
		}
		for name, lines := range w.header {
			c.Writer.Header()[name] = lines
		}
		c.Status(w.status)
		_, _ = c.Writer.Write(w.body.Bytes())
	}
}

type ownHeader struct {
	buffer
	header http.Header
	status int
}

func (w *ownHeader) Header() http.Header  { return w.header }
func (w *ownHeader) WriteHeader(code int) { w.status = code }

// Get, GetFrom and From change nothing that others can see, so they may be called
// from anywhere while the gin.Context is used as a context.
func TestGetFromManyGoroutines(t *testing.T) {
	for _, fallback := range []bool{false, true} {
		for name, first := range map[string]bool{"first by the handler": true, "first by anybody": false} {
			t.Run(fmt.Sprintf("ContextWithFallback %v, %s", fallback, name), func(t *testing.T) {
				each(t, func(t *testing.T, s *site) {
					s.engine.ContextWithFallback = fallback
					resolve := func(c *gin.Context) {
						request := c.Request
						if first {
							ginsession.Get(c)
						}
						var group sync.WaitGroup
						found := make(chan *ginsession.State, 16*6)
						for i := range 16 {
							copied := c.Copy()
							group.Go(func() {
								derived, cancel := context.WithCancel(c)
								defer cancel()
								_, _ = c.Deadline()
								_, _, _, _ = c.Done(), c.Err(), c.Value("k"), c.Value(gin.ContextRequestKey)
								for _, ctx := range []context.Context{c, copied, derived, c.Request.Context()} {
									session, _ := ginsession.From(ctx)
									found <- session
								}
								found <- ginsession.GetFrom(copied, s.plugin)
								session := ginsession.Get(c)
								session.Set(fmt.Sprint(i), i)
								found <- session
							})
						}
						session := ginsession.Get(c)
						session.Set("k", "new")
						group.Wait()
						close(found)
						for other := range found {
							if other != session {
								t.Error("there are two sessions")
							}
						}
						if c.Request != request || len(c.Keys) != 0 {
							t.Error("the gin.Context has changed")
						}
						c.String(200, "%d", session.Len())
					}
					s.engine.Use(s.session)
					s.engine.GET("/", resolve)
					s.engine.GET("/timeout", timeout(resolve))
					s.want(s.get("/"), 200, "17", 1)
					s.wantSaved("new")
					s.want(s.get("/timeout"), 200, "17", 1)
				})
			})
		}
	}
}

// A timeout middleware outside of the session hands it a copy of the context.
func TestTimeoutMiddlewareOutside(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.engine.GET("/", timeout(s.session, func(c *gin.Context) { set(c, "new") }))
		a := s.get("/")
		if a.status != 200 {
			t.Errorf("status %d, %v", a.status, a.err)
		}
	})
}

// The session is in the request's context before anybody asks for it.
func TestFromBeforeGet(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		login := s.login()
		s.engine.GET("/", s.session, func(c *gin.Context) {
			session, ok := ginsession.From(c.Request.Context())
			if !ok || session.Get("k") != "old" || ginsession.Get(c) != session {
				t.Errorf("found %v", session)
			}
			c.String(200, "body")
		})
		s.want(s.get("/", login), 200, "body", 0)
	})
}

// A body that was begun before HandleContext comes first, with or without a session
// that was asked for.
func TestHandleContextWithoutGet(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.engine.Use(s.session)
		s.engine.GET("/", func(c *gin.Context) { c.String(202, "first "); s.forward(c, "/target") })
		s.engine.GET("/target", func(c *gin.Context) { set(c, "new"); c.String(200, "target") })
		s.want(s.get("/"), 202, "first target", 1)
		s.wantSaved("new")
	})
}

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
					s.engine.Use(s.session, func(c *gin.Context) { outside = ginsession.Get(c) }, drained(wrap), forget)
					if twice {
						s.engine.Use(ginsession.Handler(s.plugin))
					}
					s.engine.GET("/", func(c *gin.Context) {
						session, ok := ginsession.From(c)
						if !ok || session != outside || session != ginsession.Get(c) || session != ginsession.GetFrom(c, s.plugin) {
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

// The session is that of the cookie that the request came with, although a handler
// has changed the header before it asks.
func TestCookieOfTheRequestAsItCame(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		login := s.login()
		s.engine.GET("/", s.session, func(c *gin.Context) {
			c.Request.Header.Del("Cookie")
			c.Request.Header.Set("Cookie", "session=other")
			c.String(200, "%v", ginsession.Get(c).Get("k"))
		})
		s.want(s.get("/", login), 200, "old", 0)
	})
}

// A session that is first asked for when the response has left is as far as the
// request is.
func TestFirstGetIsLate(t *testing.T) {
	for name, test := range map[string]struct {
		leave func(c *gin.Context)
		saved string
		err   error
	}{
		"after a Flush, live":         {func(c *gin.Context) { c.Writer.Flush() }, "late", nil},
		"after a Flush, new":          {func(c *gin.Context) { c.Writer.Flush() }, "", gormsession.ErrHeaderSent},
		"after a Flush of an error":   {func(c *gin.Context) { c.Status(500); c.Writer.Flush() }, "old", nil},
		"after the request has ended": {nil, "old", nil},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				var before []*answer
				if !strings.HasSuffix(name, "new") {
					before = append(before, s.login())
				}
				if test.leave != nil {
					s.engine.GET("/", s.session, func(c *gin.Context) { test.leave(c); set(c, "late") })
				} else {
					s.engine.GET("/", func(c *gin.Context) { c.Next(); set(c, "late") }, s.session, func(*gin.Context) {})
				}
				a := s.get("/", before...)
				if len(a.cookies()) != 0 || a.err != nil {
					t.Errorf("got the cookies %q, %v", a.cookies(), a.err)
				}
				s.wantSaved(test.saved)
				if closed := strings.Contains(s.log.String(), gormsession.ErrClosed.Error()); closed != (test.leave == nil) {
					t.Errorf("logged: %s", s.log.String())
				}
				if test.err != nil {
					s.wantError(a.outcome, test.err)
				} else if len(a.errors) != 0 {
					t.Errorf("c.Errors holds %v", a.errors)
				}
			})
		})
	}
}

// A copy that was taken within the inner of two plugins keeps its session when that
// plugin has ended and the outer one goes on.
func TestCopyWithinTwoPlugins(t *testing.T) {
	two(t, func(t *testing.T, s *site, other *gormsession.Plugin) {
		var copied *gin.Context
		var inner *ginsession.State
		s.engine.GET("/", s.session, func(c *gin.Context) {
			c.Next()
			if ginsession.Get(copied) != inner {
				t.Error("Get of the copy is another session")
			}
			if ginsession.Get(c) == inner {
				t.Error("outside, Get is still the inner session")
			}
		}, ginsession.Handler(other), func(c *gin.Context) { copied, inner = c.Copy(), ginsession.Get(c) })
		s.want(s.get("/"), 200, "", 0)
	})
}

// A trailer that the client has not announced is found in the request, although that
// has been replaced.
func TestTrailerOfTheRequest(t *testing.T) {
	s := newSite(t)
	s.engine.POST("/", s.session, func(c *gin.Context) {
		body, err := io.ReadAll(c.Request.Body)
		if err != nil {
			t.Error(err)
		}
		c.String(200, "%s %s", body, c.Request.Trailer.Get("X-Sum"))
	})
	conn, reader := s.connect()
	_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX-Sum: 1\r\n\r\n")
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	_, _ = body.ReadFrom(response.Body)
	if body.String() != "body 1" {
		t.Errorf("got %q", body.String())
	}
}

// A request that brings the cookie and does not touch the session counts as one that
// has brought it: the plugin does not say that no browser keeps it.
func TestUntouchedRequestsBringTheCookie(t *testing.T) {
	s := newSite(t)
	login := s.login()
	s.engine.GET("/", s.session, func(c *gin.Context) { c.String(200, "body") })
	s.want(s.get("/", login), 200, "body", 0)
	for range 30 {
		s.want(s.get("/login"), 200, "hello", 1)
	}
	if log := s.log.String(); log != "" {
		t.Errorf("logged: %s", log)
	}
}
