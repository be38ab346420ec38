package ginsession_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/httpsession"
)

// Handlers of net/http find the session by httpsession, and one that mounts it once more has no
// second one; and a session that is mounted by httpsession around the router is the same within.
func TestBesideHTTPSession(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		httpsession.Get(r).Set("k", "new")
		_, _ = io.WriteString(w, "body")
	})
	first := func(c *gin.Context) { ginsession.Get(c).Set("first", 1) }
	for name, test := range map[string]func(s *site){
		"a handler": func(s *site) { s.engine.GET("/", s.session, first, gin.WrapH(page)) },
		"mounted once more": func(s *site) {
			s.engine.GET("/", s.session, first, gin.WrapH(httpsession.Handler(s.plugin)(page)))
		},
		"once more, within a timeout": func(s *site) {
			s.engine.GET("/", s.session, first, gin.WrapH(
				http.TimeoutHandler(httpsession.Handler(s.plugin)(page), time.Minute, "too late")))
		},
		"around the router": func(s *site) {
			s.engine.GET("/", first, gin.WrapH(page))
			s.Handler = httpsession.Handler(s.plugin)(s.engine)
		},
		"on both sides": func(s *site) {
			s.engine.GET("/", s.session, first, func(c *gin.Context) {
				if ginsession.Get(c) != httpsession.Get(c.Request) ||
					ginsession.GetFrom(c, s.plugin) != httpsession.GetFrom(c.Request, s.plugin) {
					s.T.Error("there are two sessions")
				}
			}, gin.WrapH(page))
			s.Handler = httpsession.Handler(s.plugin)(s.engine)
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				test(s)
				s.want(s.get("/"), 200, "body", 1)
				s.wantSaved("new")
			})
		})
	}
}

// Two plugins that set the same cookie are reported whichever adapters have mounted them.
func TestSameCookieOfAnotherAdapter(t *testing.T) {
	s := newSite(t)
	page := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	s.engine.GET("/", s.session, gin.WrapH(httpsession.Handler(s.newPlugin())(page)))
	s.get("/")
	if log := s.Log.String(); strings.Count(log, "set the same cookie") != 1 ||
		!strings.Contains(log, "httpsession.New") {
		t.Errorf("logged: %s", log)
	}
}

// A panic that passes a session of httpsession, which the router has mounted once more, leaves no
// key to be printed.
func TestRecoveryWithinHTTPSession(t *testing.T) {
	s := newSite(t)
	login := s.login()
	var printed string
	s.engine.GET("/", func(c *gin.Context) {
		defer func() {
			if recover() != nil {
				printed = c.Request.Header.Get("Cookie")
				c.AbortWithStatus(http.StatusInternalServerError)
			}
		}()
		c.Next()
	}, s.session, func(*gin.Context) { panic("no") })
	s.Handler = httpsession.Handler(s.plugin)(s.engine)
	s.want(s.send("GET", "/", func(r *http.Request) {
		r.AddCookie(&http.Cookie{Name: "theme", Value: "dark"})
	}, login), 500, "", 0)
	if printed != "theme=dark" {
		t.Errorf("printed: %s", printed)
	}
	s.wantSaved("old")
}

// A panic that passes two sessions, of which the outer one belongs to another router, or to another
// adapter, leaves neither key to be printed, and a logout of the inner one is told.
func TestPanicPassesFromWithin(t *testing.T) {
	logout := func(s *ginsession.State) {
		s.Flush()
		panic("no")
	}
	for name, mount := range map[string]func(s *site, other *gormsession.Plugin) http.Handler{
		"another router": func(s *site, other *gormsession.Plugin) http.Handler {
			part := gin.New()
			part.GET("/", s.session, func(c *gin.Context) { logout(ginsession.GetFrom(c, s.plugin)) })
			s.engine.GET("/", ginsession.Handler(other), func(c *gin.Context) {
				part.ServeHTTP(c.Writer, c.Request)
			})
			return s.engine
		},
		"httpsession inside": func(s *site, other *gormsession.Plugin) http.Handler {
			page := httpsession.Handler(s.plugin)(http.HandlerFunc(
				func(_ http.ResponseWriter, r *http.Request) { logout(httpsession.Get(r)) }))
			s.engine.GET("/", ginsession.Handler(other), gin.WrapH(page))
			return s.engine
		},
		"httpsession outside": func(s *site, other *gormsession.Plugin) http.Handler {
			s.engine.GET("/", s.session, func(c *gin.Context) { logout(ginsession.Get(c)) })
			return httpsession.Handler(other)(s.engine)
		},
	} {
		t.Run(name, func(t *testing.T) {
			two(t, func(t *testing.T, s *site, other *gormsession.Plugin) {
				var printed string
				login := s.login()
				s.engine.Use(func(c *gin.Context) {
					defer func() {
						if fault := recover(); fault != nil {
							printed = c.Request.Header.Get("Cookie")
							panic(fault)
						}
					}()
					c.Next()
				})
				within := mount(s, other)
				s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					defer func() {
						if recover() != nil {
							if name == "httpsession outside" {
								printed = r.Header.Get("Cookie")
							}
							w.WriteHeader(http.StatusInternalServerError)
						}
					}()
					within.ServeHTTP(w, r)
				})
				a := s.send("GET", "/", func(r *http.Request) {
					r.AddCookie(&http.Cookie{Name: "theme", Value: "dark"})
					r.AddCookie(&http.Cookie{Name: "other", Value: strings.Repeat("k", 32)})
				}, login)
				if printed != "theme=dark" {
					t.Errorf("printed: %s", printed)
				}
				told := strings.Join(a.response.Header["Set-Cookie"], "\n")
				if a.status != 500 || !strings.HasPrefix(told, "session=;") {
					t.Errorf("%d with %q", a.status, told)
				}
				s.wantSaved("")
			})
		})
	}
}
