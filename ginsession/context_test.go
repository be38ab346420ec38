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
		firsts := map[string]bool{"first by the handler": true, "first by anybody": false}
		for name, first := range firsts {
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

// A timeout middleware outside of the session that hands it a copy of the context, which gin has
// ended, and calls the handlers itself, does so when the session's request is over: what they
// change is dropped with a log line, and nothing else comes of it.
func TestTimeoutMiddlewareOutside(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.engine.GET("/", timeout(s.session, func(c *gin.Context) {
			set(c, "new")
			c.String(200, "body")
		}))
		a := s.get("/")
		s.want(a, 200, "body", 0)
		s.wantSaved("")
		const dropped = "a write to a session after its request was dropped"
		if log := s.Log.String(); len(a.errors) != 0 || strings.Count(log, dropped) != 1 {
			t.Errorf("c.Errors holds %v, and the log says %s", a.errors, log)
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
		}, ginsession.Handler(other), func(c *gin.Context) {
			copied, inner = c.Copy(), ginsession.Get(c)
		})
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
	conn, reader := s.Connect()
	_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"+
		"4\r\nbody\r\n0\r\nX-Sum: 1\r\n\r\n")
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
