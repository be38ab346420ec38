package ginsession_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	gingzip "github.com/gin-contrib/gzip"
	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

func gunzip(t *testing.T, a *answer) string {
	t.Helper()
	if a.err != nil {
		t.Fatal(a.err)
	}
	if got := a.response.Header.Get("Content-Encoding"); got != "gzip" {
		t.Fatalf("Content-Encoding: %q", got)
	}
	reader, err := gzip.NewReader(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestGzip(t *testing.T) {
	large := strings.Repeat("0123456789abcdef", 1<<20/16)
	compressed := func(r *http.Request) { r.Header.Set("Accept-Encoding", "gzip") }
	for name, mount := range map[string]func(s *site) []gin.HandlerFunc{
		"outside": func(s *site) []gin.HandlerFunc {
			return []gin.HandlerFunc{gin.Recovery(), gingzip.Gzip(gingzip.DefaultCompression), s.session}
		},
		"inside": func(s *site) []gin.HandlerFunc {
			return []gin.HandlerFunc{gin.Recovery(), s.session, gingzip.Gzip(gingzip.DefaultCompression)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				s.engine.Use(mount(s)...)
				s.engine.GET("/", func(c *gin.Context) { c.String(200, "body"); set(c, "new") })
				s.engine.GET("/large", func(c *gin.Context) { set(c, "newer"); c.String(200, large) })
				s.engine.GET("/flush",
					func(c *gin.Context) {
						set(c, "newest")
						c.String(200, "bo")
						c.Writer.Flush()
						c.String(200, "dy")
					})
				s.engine.GET("/status", func(c *gin.Context) { set(c, "last"); c.Status(204) })
				s.engine.GET("/panic",
					func(c *gin.Context) { set(c, "lost"); c.String(200, "body"); panic("no") })

				first := s.send("GET", "/", compressed)
				first.body = gunzip(t, first)
				s.want(first, 200, "body", 1)
				s.wantSaved("new")
				for _, test := range []struct{ path, body, saved string }{
					{"/large", large, "newer"}, {"/flush", "body", "newest"},
				} {
					a := s.send("GET", test.path, compressed, first)
					a.body = gunzip(t, a)
					s.want(a, 200, test.body, 1)
					s.wantSaved(test.saved)
				}
				s.want(s.send("GET", "/status", compressed, first), 204, "", 1)
				s.wantSaved("last")
				s.want(s.send("GET", "/nowhere", compressed, first), 404, "404 page not found", 0)
				a := s.send("GET", "/panic", compressed, first)
				if a.status != 500 || len(a.cookies()) != 0 {
					t.Errorf("a panic: %d, %q", a.status, a.cookies())
				}
				s.wantSaved("last")

				s.BreakWrites()
				a = s.send("GET", "/", compressed, first)
				s.want(a, 503, "Service Unavailable\n", 0)
				s.wantFailed(a, gormsession.ErrUnavailable)
				if got := a.response.Header.Get("Content-Encoding"); got != "" {
					t.Errorf("Content-Encoding of the replacement: %q", got)
				}
			})
		})
	}
}

func TestTimeoutHandler(t *testing.T) {
	t.Run("in time", func(t *testing.T) {
		each(t, func(t *testing.T, s *site) {
			s.engine.GET("/", s.session, func(c *gin.Context) {
				c.String(201, "body")
				c.Writer.Flush()
				set(c, "late")
			})
			s.engine.GET("/plain", s.session, func(c *gin.Context) { c.String(201, "body"); set(c, "new") })
			s.Handler = http.TimeoutHandler(s.engine, time.Minute, "too late")
			a := s.get("/plain")
			s.want(a, 201, "body", 1)
			s.wantSaved("new")
			s.want(s.get("/", a), 201, "body", 0)
			s.wantSaved("late")
		})
	})
	// gin panics, as the writer of TimeoutHandler has no CloseNotify.
	t.Run("Stream", func(t *testing.T) {
		each(t, func(t *testing.T, s *site) {
			s.engine.GET("/", gin.Recovery(), s.session, func(c *gin.Context) {
				set(c, "new")
				c.Stream(func(io.Writer) bool { return false })
			})
			s.Handler = http.TimeoutHandler(s.engine, time.Minute, "too late")
			s.want(s.get("/"), 500, "", 0)
			s.wantSaved("")
		})
	})
	// As for a client that left: what the handler changed is saved.
	t.Run("fired", func(t *testing.T) {
		each(t, func(t *testing.T, s *site) {
			mux := http.NewServeMux()
			mux.Handle("/", http.TimeoutHandler(s.engine, time.Millisecond, "too late"))
			mux.Handle("/login", s.engine)
			s.Handler = mux
			login := s.login()
			s.engine.GET("/", s.session, func(c *gin.Context) {
				<-c.Request.Context().Done()
				set(c, "new")
				c.String(200, "body")
			})
			a := s.get("/", login)
			s.want(a, 503, "too late", 0)
			s.wantSaved("new")
		})
	})
}

// A client that has left while the handler ran loses nothing.
func TestClientLeaves(t *testing.T) {
	for name, flush := range map[string]bool{"before the response": false, "after a Flush": true} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				login := s.login()
				entered := make(chan struct{})
				s.engine.GET("/", s.session, func(c *gin.Context) {
					if flush {
						c.Writer.Flush()
					}
					close(entered)
					<-c.Request.Context().Done()
					set(c, "new")
					c.String(200, "body")
				})
				ctx, leave := context.WithCancel(t.Context())
				go func() {
					<-entered
					leave()
				}()
				a := s.send("GET", "/", func(r *http.Request) { *r = *r.WithContext(ctx) }, login)
				if !errors.Is(a.err, context.Canceled) {
					t.Errorf("the client got %d, %v", a.status, a.err)
				}
				s.wantSaved("new")
			})
		})
	}
}

// A goroutine that outlives the request, with a copy of the context, can read
// the session; a write is dropped and logged.
func TestCopyOutlivesTheRequest(t *testing.T) {
	for name, before := range map[string]bool{"copied before Get": true, "copied after Get": false} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				login := s.login()
				over, read := make(chan struct{}), make(chan any, 1)
				s.engine.GET("/", s.session, func(c *gin.Context) {
					if !before {
						set(c, "new")
					}
					cp := c.Copy()
					reading := make(chan struct{})
					go func() {
						defer close(reading)
						ginsession.Get(cp) // while the handler is at work, and the other one
					}()
					go func() {
						ginsession.Get(cp).Get("k")
						<-reading
						<-over
						set(cp, "stray")
						session, _ := ginsession.From(cp)
						read <- session.Get("k")
					}()
					set(c, "new")
					c.String(200, "body")
				})
				s.want(s.get("/", login), 200, "body", 1)
				s.get("/nowhere") // lends the gin.Context to somebody else
				close(over)
				if got := <-read; got != "new" {
					t.Errorf("read %v", got)
				}
				s.wantSaved("new")
				if log := s.Log.String(); strings.Count(log, gormsession.ErrClosed.Error()) != 1 {
					t.Errorf("logged: %s", log)
				}
			})
		})
	}
}

// A middleware inside may leave its own writer behind.
func TestWriterLeftBehind(t *testing.T) {
	s := newSite(t)
	s.engine.GET("/", s.session, func(c *gin.Context) {
		c.Writer = struct{ gin.ResponseWriter }{c.Writer}
		set(c, "new")
		c.String(200, "body")
	})
	s.want(s.get("/"), 200, "body", 1) // and observe finds its writer
	s.wantSaved("new")
}

// Whoever keeps the writer does not reach a later request.
func TestWriterKeptBeyondTheRequest(t *testing.T) {
	s := newSite(t)
	var kept gin.ResponseWriter
	s.engine.GET("/", s.session, func(c *gin.Context) { kept = c.Writer; c.String(200, "body") })
	s.want(s.get("/"), 200, "body", 0)
	s.engine.GET("/later", func(c *gin.Context) {
		if _, err := kept.WriteString("stray"); err == nil ||
			!strings.Contains(err.Error(), "the request is over") {
			t.Errorf("wrote to a response that is over: %v", err)
		}
		kept.Flush()
		c.String(200, "later")
	})
	s.want(s.get("/later"), 200, "later", 0)
}
