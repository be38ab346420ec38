package ginsession_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/sitetest"
)

func set(c *gin.Context, value string) { ginsession.Get(c).Set("k", value) }

// Whatever way a handler answers in, a change of the session, before or after it,
// is saved and the new session's cookie is on the response.
func TestAnswers(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.txt")
	if err := os.WriteFile(page, []byte("a page"), 0o600); err != nil {
		t.Fatal(err)
	}
	large := strings.Repeat("0123456789abcdef", 5<<20/16)
	for _, test := range []struct {
		name    string
		method  string
		handler gin.HandlerFunc
		status  int
		body    string
	}{
		{"no answer", "GET", func(c *gin.Context) { set(c, "new") }, 200, ""},
		{"body after Set", "GET", func(c *gin.Context) { set(c, "new"); c.String(200, "body") }, 200,
			"body"},
		{"body before Set", "GET", func(c *gin.Context) { c.String(201, "body"); set(c, "new") }, 201,
			"body"},
		{"204 without a body", "GET", func(c *gin.Context) { c.Status(204); set(c, "new") }, 204, ""},
		{"204 completed before Set", "GET",
			func(c *gin.Context) { c.AbortWithStatus(204); set(c, "new") }, 204, ""},
		{"status of a WrapF", "GET", func(c *gin.Context) {
			set(c, "new")
			gin.WrapF(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(202) })(c)
		}, 202, ""},
		{"redirect", "GET", func(c *gin.Context) { c.Redirect(302, "/there"); set(c, "new") }, 302,
			"<a href=\"/there\">Found</a>.\n\n"},
		{"redirect of a POST", "POST", func(c *gin.Context) { c.Redirect(303, "/there"); set(c, "new") },
			303, ""},
		{"JSON", "GET", func(c *gin.Context) { c.JSON(200, gin.H{"a": 1}); set(c, "new") }, 200, `{"a":1}`},
		{"file", "GET", func(c *gin.Context) { c.File(page); set(c, "new") }, 200, "a page"},
		{"HEAD", "HEAD", func(c *gin.Context) { c.String(200, "body"); set(c, "new") }, 200, ""},
		{"HEAD without a body", "HEAD", func(c *gin.Context) { set(c, "new") }, 200, ""},
		{"5 MB", "GET", func(c *gin.Context) { set(c, "new"); c.String(200, large) }, 200, large},
		{"5 MB by io.Copy", "GET", func(c *gin.Context) {
			set(c, "new")
			if n, err := io.Copy(c.Writer, strings.NewReader(large)); n != int64(len(large)) || err != nil {
				_ = c.Error(io.ErrShortWrite)
			}
		}, 200, large},
		{"Abort", "GET", func(c *gin.Context) { set(c, "new"); c.Abort() }, 200, ""},
		{"AbortWithStatus", "GET", func(c *gin.Context) { c.AbortWithStatus(403); set(c, "new") }, 403,
			""},
		{"AbortWithStatusJSON", "GET", func(c *gin.Context) { c.AbortWithStatusJSON(401, gin.H{"a": 1}); set(c, "new") }, 401, `{"a":1}`},
		{"status after the body", "GET",
			func(c *gin.Context) { set(c, "new"); c.String(200, "body"); c.Status(404) }, 200, "body"},
	} {
		t.Run(test.name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				s.engine.Use(s.session)
				s.engine.Handle(test.method, "/", test.handler)
				a := s.send(test.method, "/", nil)
				s.want(a, test.status, test.body, 1)
				s.wantSaved("new")
				if len(a.errors) != 0 {
					t.Errorf("c.Errors holds %v", a.errors)
				}
				if a.outcome.status != test.status {
					t.Errorf("a logger outside sees the status %d", a.outcome.status)
				}
			})
		})
	}
}

// A status of 500 and up saves nothing, whenever it is set.
func TestServerErrors(t *testing.T) {
	for name, test := range map[string]struct {
		handler gin.HandlerFunc
		body    string
	}{
		"before the body": {func(c *gin.Context) { set(c, "new"); c.String(500, "sorry") }, "sorry"},
		"after the body": {
			func(c *gin.Context) { set(c, "new"); c.String(200, "body"); c.Status(500) }, "body",
		},
		"completed": {func(c *gin.Context) { set(c, "new"); c.AbortWithStatus(500) }, ""},
		"AbortWithError": {
			func(c *gin.Context) { set(c, "new"); _ = c.AbortWithError(500, sitetest.ErrDisk) }, "",
		},
		"after a completed": {
			func(c *gin.Context) { c.AbortWithStatus(204); set(c, "new"); c.Status(500) }, "",
		},
		"without touching": {func(c *gin.Context) { c.AbortWithStatus(500) }, ""},
		"after a changed OK": {
			func(c *gin.Context) { c.String(200, "body"); set(c, "new"); c.AbortWithStatus(500) }, "body",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.engine.GET("/", s.session, test.handler)
			s.want(s.get("/"), 500, test.body, 0)
			s.wantSaved("")
		})
	}
}

// gin sets the status of an unknown route beneath us and writes its own body
// where the handlers wrote none.
func TestUnknownRoutes(t *testing.T) {
	touch := func(c *gin.Context) { set(c, "new") }
	for _, test := range []struct {
		name         string
		setup        func(s *site)
		method, path string
		status       int
		body         string
	}{
		{"404", func(s *site) { s.engine.Use(s.session, touch) }, "GET", "/nowhere", 404,
			"404 page not found"},
		{"405", func(s *site) { s.engine.Use(s.session, touch); s.engine.POST("/", touch) }, "GET", "/",
			405, "405 method not allowed"},
		{"NoRoute", func(s *site) {
			s.engine.Use(s.session)
			s.engine.NoRoute(func(c *gin.Context) { c.String(404, "no such page"); touch(c) })
		}, "GET", "/nowhere", 404, "no such page"},
		{"NoRoute with another status", func(s *site) {
			s.engine.Use(s.session)
			s.engine.NoRoute(touch, func(c *gin.Context) { c.Status(410) })
		}, "GET", "/nowhere", 410, ""},
		{"NoRoute that answers 200", func(s *site) {
			s.engine.Use(s.session)
			s.engine.NoRoute(touch, func(c *gin.Context) { c.String(200, "index") })
		}, "GET", "/nowhere", 200, "index"},
		{"NoMethod", func(s *site) {
			s.engine.Use(s.session)
			s.engine.POST("/", touch)
			s.engine.NoMethod(touch, func(c *gin.Context) { c.String(405, "not so") })
		}, "GET", "/", 405, "not so"},
	} {
		t.Run(test.name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				test.setup(s)
				s.want(s.send(test.method, test.path, nil), test.status, test.body, 1)
				s.wantSaved("new")
			})
		})
	}
}

// A request that does not touch the session costs no statement and sets nothing,
// with a cookie and without.
func TestUntouched(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		login := s.login()
		s.engine.GET("/", s.session, func(c *gin.Context) { c.String(200, "body") })
		s.Statements.Reset()
		for _, a := range []*answer{s.get("/"), s.get("/", login)} {
			s.want(a, 200, "body", 0)
			if vary := a.response.Header.Get("Vary"); vary != "" {
				t.Errorf("Vary: %s", vary)
			}
		}
		if all := s.Statements.All(); len(all) != 0 {
			t.Errorf("issued %q", all)
		}
		s.wantSaved("old")
	})
}

// Middleware outside sees what was sent, middleware inside what will be.
func TestSeenByOthers(t *testing.T) {
	s := newSite(t)
	seen := func(c *gin.Context) {
		c.Next()
		if w := c.Writer; w.Status() != 201 || w.Size() != 4 || !w.Written() {
			t.Errorf("status %d, size %d, written %v", w.Status(), w.Size(), w.Written())
		}
	}
	s.engine.GET("/", seen, s.session, seen, func(c *gin.Context) {
		if c.Writer.Written() || c.Writer.Size() != -1 || c.Writer.Pusher() != nil {
			t.Error("the response is written before the handler has begun")
		}
		set(c, "new")
		c.String(201, "body")
	})
	s.want(s.get("/"), 201, "body", 1)
	s.wantSaved("new")
}

// A middleware outside that has written before us leaves no room for a cookie: a
// new session is refused, a live one is saved.
func TestHeaderLeftBefore(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		login := s.login()
		early := func(c *gin.Context) { c.String(200, "early ") }
		s.engine.GET("/", early, s.session, func(c *gin.Context) { set(c, "new"); c.String(200, "body") })
		a := s.get("/")
		s.want(a, 200, "early body", 0)
		s.wantError(a.outcome, gormsession.ErrHeaderSent)
		s.wantSaved("old")

		a = s.get("/", login)
		s.want(a, 200, "early body", 0)
		if len(a.errors) != 0 {
			t.Errorf("c.Errors holds %v", a.errors)
		}
		s.wantSaved("new")

		// A save that fails cannot replace what has left.
		s.BreakWrites()
		s.engine.GET("/fails", early, s.session,
			func(c *gin.Context) { set(c, "newer"); c.String(200, "body") })
		a = s.get("/fails", login)
		s.want(a, 200, "early body", 0)
		s.wantError(a.outcome, gormsession.ErrUnavailable)
	})
}

func TestHeldBytes(t *testing.T) {
	for name, test := range map[string]struct {
		limit   int
		cookies int
	}{"none": {0, 0}, "less": {3, 0}, "enough": {4, 1}} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, gormsession.WithHeldBytes(test.limit))
			s.engine.GET("/", s.session, func(c *gin.Context) { c.String(200, "body"); set(c, "new") })
			s.want(s.get("/"), 200, "body", test.cookies)
		})
	}
}
