package ginsession_test

import (
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// A panic saves nothing and sets no cookie, on whichever side the recovery is and
// however far the handler has come.
func TestPanic(t *testing.T) {
	for _, test := range []struct {
		name    string
		handler gin.HandlerFunc
		inside  string // what a recovery inside lets out with its 500
	}{
		{"before the body", func(c *gin.Context) { set(c, "new"); panic("no") }, ""},
		{"after the body", func(c *gin.Context) {
			set(c, "new")
			c.Header("ETag", `"1"`)
			c.String(200, "body")
			panic("no")
		}, "body"},
		{"by what is no status", func(c *gin.Context) { set(c, "new"); c.Status(42) }, ""},
		{"after a completed header",
			func(c *gin.Context) { set(c, "new"); c.AbortWithStatus(202); panic("no") }, ""},
		{"after a redirect",
			func(c *gin.Context) {
				set(c, "new")
				c.Redirect(303, "/there")
				panic("no")
			}, "<a href=\"/there\">See Other</a>.\n\n"},
	} {
		for side, mount := range map[string]func(s *site) []gin.HandlerFunc{
			"recovery outside": func(s *site) []gin.HandlerFunc {
				return []gin.HandlerFunc{gin.Recovery(), s.session}
			},
			"recovery inside": func(s *site) []gin.HandlerFunc {
				return []gin.HandlerFunc{s.session, gin.Recovery()}
			},
			"both": func(s *site) []gin.HandlerFunc {
				return []gin.HandlerFunc{gin.Recovery(), s.session, gin.Recovery()}
			},
		} {
			t.Run(test.name+", "+side, func(t *testing.T) {
				each(t, func(t *testing.T, s *site) {
					login := s.login()
					s.engine.GET("/", append(mount(s), test.handler)...)
					a := s.get("/", login)
					if side == "recovery outside" {
						s.want(a, 500, "", 0)
						if got := a.response.Header.Get("ETag") + a.response.Header.Get("Location") +
							a.response.Header.Get("Content-Type"); got != "" {
							t.Errorf("a header of what was dropped: %s", got)
						}
					} else {
						s.want(a, 500, test.inside, 0)
					}
					if got := a.response.Header.Get("Vary"); got != "Cookie" {
						t.Errorf("Vary: %q", got)
					}
					s.wantSaved("old")
				})
			})
		}
	}
}

// Without a recovery the server cuts the connection, and the panic arrives with
// its value.
func TestPanicWithoutRecovery(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.engine.GET("/", s.session,
			func(c *gin.Context) { set(c, "new"); c.String(200, "body"); panic("no") })
		a := s.get("/")
		if a.err == nil || a.panic != "no" {
			t.Errorf("got %d %q, and the panic %v", a.status, a.body, a.panic)
		}
		s.wantSaved("")
	})
}

// The panic is not recovered and raised again, which would cost its stack.
func TestPanicKeepsItsStack(t *testing.T) {
	s := newSite(t)
	var trace string
	s.engine.Use(gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, _ any) {
		stack := make([]byte, 64<<10)
		trace = string(stack[:runtime.Stack(stack, false)])
		c.AbortWithStatus(500)
	}), s.session)
	s.engine.GET("/", func(c *gin.Context) { breaks(c) })
	s.want(s.get("/"), 500, "", 0)
	if !strings.Contains(trace, "ginsession_test.breaks(") {
		t.Errorf("the stack does not lead to the fault:\n%s", trace)
	}
}

//go:noinline
func breaks(*gin.Context) { panic("no") }

func TestGoexit(t *testing.T) {
	s := newSite(t)
	done := make(chan struct{})
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		go func() {
			defer close(done)
			s.engine.ServeHTTP(w, r)
		}()
		<-done
	})
	s.engine.GET("/", s.session,
		func(c *gin.Context) { set(c, "new"); c.String(200, "body"); runtime.Goexit() })
	s.want(s.get("/"), 200, "", 0)
	s.wantSaved("")
}

// A logout is carried out in a panic too.
func TestLogoutThenPanic(t *testing.T) {
	for side, outside := range map[string]bool{"recovery outside": true, "recovery inside": false} {
		t.Run(side, func(t *testing.T) {
			s := newSite(t)
			login := s.login()
			mount := []gin.HandlerFunc{s.session, gin.Recovery()}
			if outside {
				mount[0], mount[1] = mount[1], mount[0]
			}
			s.engine.GET("/",
				append(mount, func(c *gin.Context) { ginsession.Get(c).Flush(); panic("no") })...)
			a := s.get("/", login)
			s.want(a, 500, "", 1)
			if got := a.cookies()[0]; !strings.Contains(got, "Max-Age=0") {
				t.Errorf("Set-Cookie: %s", got)
			}
			s.wantSaved("")
		})
	}
}

// What was sent before the panic is sent and saved; what was changed after is not.
func TestPanicAfterFlush(t *testing.T) {
	for side, outside := range map[string]bool{"recovery outside": true, "recovery inside": false} {
		t.Run(side, func(t *testing.T) {
			s := newSite(t)
			mount := []gin.HandlerFunc{s.session, gin.Recovery()}
			if outside {
				mount[0], mount[1] = mount[1], mount[0]
			}
			s.engine.GET("/", append(mount, func(c *gin.Context) {
				set(c, "new")
				c.String(200, "body")
				c.Writer.Flush()
				set(c, "late")
				panic("no")
			})...)
			s.want(s.get("/"), 200, "body", 1)
			s.wantSaved("new")
		})
	}
}

// An error handler that panics is not called again.
func TestErrorHandlerPanics(t *testing.T) {
	for name, flush := range map[string]bool{"at the end": false, "at Flush": true} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			s := newSite(t, gormsession.WithErrorHandler(func(
				http.ResponseWriter, *http.Request, error,
			) bool {
				calls++
				panic("no")
			}))
			s.BreakWrites()
			s.engine.GET("/", gin.Recovery(), s.session, func(c *gin.Context) {
				set(c, "new")
				c.String(200, "body")
				if flush {
					c.Writer.Flush()
				}
			})
			a := s.get("/")
			s.want(a, 500, "", 0)
			s.wantRow("")
			if calls != 1 {
				t.Errorf("called %d times", calls)
			}
		})
	}
}
