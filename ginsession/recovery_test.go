package ginsession_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// inMode runs a test in one of gin's modes, which decides on what the recovery
// prints.
func inMode(t *testing.T, mode string) {
	t.Helper()
	before, out := gin.Mode(), gin.DefaultWriter
	gin.DefaultWriter = io.Discard // the routes
	gin.SetMode(mode)
	t.Cleanup(func() {
		gin.SetMode(before)
		gin.DefaultWriter = out
	})
}

var brokenPipe = &net.OpError{
	Op: "write", Net: "tcp", Err: os.NewSyscallError("write", syscall.EPIPE),
}

const pageCookies = "theme=dark; session_id=mine; b=\"x y\"; sessions=3"

// gin's recovery prints the request: in debug mode at each panic, in release mode
// where the connection is broken. The key of the session is not in it; what is the
// application's is, as the browser has sent it.
func TestRecoveryPrintsNoKey(t *testing.T) {
	for mode, fault := range map[string]any{gin.DebugMode: "no", gin.ReleaseMode: brokenPipe} {
		for name, cookie := range map[string]string{
			"by default": "session", "a name of its own": "id",
			"a prefix": "__Host-session", "another prefix": "__Secure-s",
		} {
			for where, handler := range map[string]func(s *site, c *gin.Context){
				"untouched":     func(*site, *gin.Context) {},
				"read":          func(_ *site, c *gin.Context) { ginsession.Get(c).Get("k") },
				"written":       func(_ *site, c *gin.Context) { set(c, "new") },
				"after a Flush": func(_ *site, c *gin.Context) { set(c, "new"); c.Writer.Flush() },
				"in a request replaced": func(_ *site, c *gin.Context) {
					c.Request = c.Request.Clone(c.Request.Context())
				},
				"in HandleContext": func(s *site, c *gin.Context) { s.forward(c, "/target") },
			} {
				t.Run(mode+", "+name+", "+where, func(t *testing.T) {
					inMode(t, mode)
					each(t, func(t *testing.T, s *site) {
						plugin := s.newPlugin(gormsession.WithCookieName(cookie), gormsession.WithSecure(true),
							gormsession.WithTable("others"))
						session := ginsession.Handler(plugin)
						var printed bytes.Buffer
						recovery := gin.RecoveryWithWriter(&printed)
						s.engine.GET("/login", session, func(c *gin.Context) { set(c, "old") })
						s.engine.GET("/", recovery, session, func(c *gin.Context) {
							handler(s, c)
							panic(fault)
						})
						s.engine.GET("/target", recovery, session, func(*gin.Context) { panic(fault) })
						login := s.get("/login")
						key := login.response.Cookies()[0].Value
						s.send("GET", "/", func(r *http.Request) {
							ours := "; " + cookie + "="
							r.Header.Set("Cookie", pageCookies+ours+key+"; z=1"+ours+`"`+key+`"`)
						})
						if strings.Contains(printed.String(), key) {
							t.Errorf("the key was printed:\n%s", printed.String())
						}
						if !strings.Contains(printed.String(), "Cookie: "+pageCookies+"; z=1\r\n") {
							t.Errorf("other cookies were not:\n%s", printed.String())
						}
					})
				})
			}
		}
	}
}

// Of several plugins each takes its own cookie away, also where one is mounted twice.
func TestRecoveryPrintsNoKeyOfSeveral(t *testing.T) {
	inMode(t, gin.DebugMode)
	two(t, func(t *testing.T, s *site, other *gormsession.Plugin) {
		var printed bytes.Buffer
		others := ginsession.Handler(other)
		s.engine.GET("/login", s.session, others, func(c *gin.Context) {
			set(c, "old")
			ginsession.GetFrom(c, s.plugin).Set("k", "old")
		})
		s.engine.GET("/", gin.RecoveryWithWriter(&printed), s.session, others, s.session,
			func(c *gin.Context) { panic("no") })
		login := s.get("/login")
		a := s.get("/", login)
		if a.status != 500 || len(login.response.Cookies()) != 2 {
			t.Errorf("got %d, and %v before", a.status, login.response.Cookies())
		}
		for _, cookie := range login.response.Cookies() {
			if strings.Contains(printed.String(), cookie.Value) {
				t.Errorf("the key of %s was printed:\n%s", cookie.Name, printed.String())
			}
		}
		if strings.Contains(printed.String(), "Cookie:") {
			t.Errorf("an empty header was printed:\n%s", printed.String())
		}
	})
}

// A recovery inside sees the request before the panic has reached us, unless the
// session is mounted once more within it.
func TestRecoveryInside(t *testing.T) {
	inMode(t, gin.DebugMode)
	each(t, func(t *testing.T, s *site) {
		var printed bytes.Buffer
		login := s.login()
		s.engine.GET("/", s.session, gin.RecoveryWithWriter(&printed), s.session,
			func(c *gin.Context) { set(c, "new"); panic("no") })
		s.want(s.get("/", login), 500, "", 0)
		if key := login.response.Cookies()[0].Value; strings.Contains(printed.String(), key) {
			t.Errorf("the key was printed:\n%s", printed.String())
		}
		s.wantSaved("old")
	})
}

// The panic arrives with its value and its stack, and nothing is taken out of what
// others hold: the server's request, and a copy that a goroutine reads.
func TestPanicChangesNothingElse(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		login := s.login()
		var seen, stack, copied string
		reading, stop := make(chan struct{}), make(chan struct{})
		s.engine.GET("/", func(c *gin.Context) {
			defer func() {
				if fault := recover(); fault != brokenPipe {
					t.Errorf("the panic is %v", fault)
				}
				trace := make([]byte, 64<<10)
				stack = string(trace[:runtime.Stack(trace, false)])
			}()
			c.Next()
		}, s.session, func(c *gin.Context) {
			cp := c.Copy()
			go func() {
				defer close(reading)
				for range 1000 {
					copied = cp.Request.Header.Get("Cookie")
				}
				<-stop
			}()
			panicsWith(brokenPipe)
		})
		s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			before := slices.Clone(r.Header["Cookie"])
			s.engine.ServeHTTP(w, r)
			if !slices.Equal(before, r.Header["Cookie"]) {
				t.Errorf("Cookie: %v", r.Header["Cookie"])
			}
			dump, _ := httputil.DumpRequest(r, false)
			seen = string(dump)
		})
		s.Start().Config.Handler = s.Handler
		s.get("/", login)
		close(stop)
		<-reading
		key := login.response.Cookies()[0].Value
		if !strings.Contains(copied, key) || !strings.Contains(seen, key) {
			t.Error("the cookie is gone from what others hold")
		}
		if !strings.Contains(stack, "ginsession_test.panicsWith(") {
			t.Errorf("the stack does not lead to the fault:\n%s", stack)
		}
	})
}

//go:noinline
func panicsWith(fault any) { panic(fault) }

// An error page that the recovery makes by beginning the request again still knows
// who asks, and does not log him out.
func TestErrorPageKnowsTheSession(t *testing.T) {
	for name, again := range map[string]bool{"one panic": false, "two of them": true} {
		t.Run(name, func(t *testing.T) {
			two(t, func(t *testing.T, s *site, other *gormsession.Plugin) {
				login := s.login()
				s.engine.Use(gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, _ any) {
					if again && c.Request.URL.Path == "/" {
						s.forward(c, "/worse")
						return
					}
					s.forward(c, "/sorry")
				}), s.session, ginsession.Handler(other))
				s.engine.GET("/", func(c *gin.Context) { set(c, "lost"); panic("no") })
				s.engine.GET("/worse", func(c *gin.Context) { set(c, "lost"); panic("no") })
				s.engine.GET("/sorry", func(c *gin.Context) {
					session := ginsession.GetFrom(c, s.plugin)
					c.String(200, "sorry, %v", session.Get("k"))
					session.Set("k", "new")
				})
				s.want(s.get("/", login), 200, "sorry, old", 1)
				s.wantSaved("new")
			})
		})
	}
}

// What panics once more while the session is ended does not leave the key to be printed either.
func TestRecoveryPrintsNoKeyAfterTwoPanics(t *testing.T) {
	inMode(t, gin.DebugMode)
	panics := false
	s := newSite(t, gormsession.WithCookieFor(func(*http.Request) (c gormsession.CookieAttributes) {
		if panics {
			panic("in the function")
		}
		return c
	}))
	login := s.login()
	panics = true
	var printed bytes.Buffer
	s.engine.GET("/", gin.RecoveryWithWriter(&printed), s.session, func(c *gin.Context) {
		ginsession.Get(c).Flush()
		panic("in the handler")
	})
	a := s.get("/", login)
	key, text := login.response.Cookies()[0].Value, printed.String()
	if a.status != 500 || len(a.cookies()) > 0 || strings.Contains(text, key) ||
		!strings.Contains(text, "in the function") {
		t.Errorf("%d, printed: %s", a.status, text)
	}
	s.wantSaved("")
}
