package ginsession_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// panicOf is the text of the panic of f.
func panicOf(f func()) (text string) {
	defer func() { text = fmt.Sprint(recover()) }()
	f()
	return
}

// What is wrong at the start panics with the sentence that mends it.
func TestMisuse(t *testing.T) {
	s := newSite(t)
	other := s.newPlugin(gormsession.WithTable("other_sessions"))
	var get, getFrom string
	s.engine.GET("/", func(c *gin.Context) {
		get = panicOf(func() { ginsession.Get(c) })
		if session, ok := ginsession.From(c); ok || session != nil {
			t.Error("From found a session without the middleware")
		}
		if session, ok := ginsession.From(c.Request.Context()); ok || session != nil {
			t.Error("From found a session without the middleware")
		}
	})
	s.engine.GET("/other", s.session, func(c *gin.Context) { getFrom = panicOf(func() { ginsession.GetFrom(c, other) }) })
	s.get("/")
	s.get("/other")
	for _, test := range []struct{ got, want string }{
		{get, "r.Use(ginsession.New(db))"},
		{getFrom, "r.Use(ginsession.Handler(plugin))"},
		{panicOf(func() { ginsession.New(nil) }), "gormsession: "},
		{panicOf(func() { ginsession.New(s.db, gormsession.WithLifetime(0)) }), "WithLifetime"},
		{panicOf(func() { ginsession.Handler(nil) }), "gormsession.New"},
	} {
		if !strings.Contains(test.got, test.want) {
			t.Errorf("panicked with %q, want %q in it", test.got, test.want)
		}
	}
}

func TestNew(t *testing.T) {
	s := newSite(t)
	visits := ginsession.Field[int]("visits")
	s.engine.Use(ginsession.New(s.db))
	s.engine.GET("/", func(c *gin.Context) {
		n := visits.Modify(ginsession.Get(c), func(n int) int { return n + 1 })
		c.String(200, "visit %d", n)
	})
	a := s.get("/")
	s.want(a, 200, "visit 1", 1)
	s.want(s.get("/", a), 200, "visit 2", 1)
}

func TestFrom(t *testing.T) {
	s := newSite(t)
	s.engine.GET("/", s.session, func(c *gin.Context) {
		session, ok := ginsession.From(c)
		if !ok || session != ginsession.Get(c) {
			t.Error("From(c) is not Get(c)")
		}
		derived, cancel := context.WithTimeout(c.Request.Context(), time.Minute)
		defer cancel()
		ofGin, cancel := context.WithCancel(c)
		defer cancel()
		for name, ctx := range map[string]context.Context{"request": c.Request.Context(), "derived": derived, "derived from gin's": ofGin, "copy": c.Copy()} {
			if got, ok := ginsession.From(ctx); !ok || got != session {
				t.Errorf("%s: From is not Get", name)
			}
		}
		if _, ok := ginsession.From(t.Context()); ok {
			t.Error("From found a session in a context of its own")
		}
	})
	s.want(s.get("/"), 200, "", 0)
}

// A middleware outside can read the session when all is done.
func TestGetAfterTheEnd(t *testing.T) {
	s := newSite(t)
	var got any
	s.engine.GET("/", func(c *gin.Context) { c.Next(); got = ginsession.Get(c).Get("k") }, s.session,
		func(c *gin.Context) { set(c, "new") })
	s.want(s.get("/"), 200, "", 1)
	if got != "new" {
		t.Errorf("read %v", got)
	}
}

// A guard behind Loaded never mistakes a fault of the database for a stranger.
func TestLoaded(t *testing.T) {
	for name, answered := range map[string]bool{"answered by default": true, "left to us": false} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				plugin := s.newPlugin(gormsession.WithErrorHandler(func(http.ResponseWriter, *http.Request, error) bool {
					s.failed.Add(1)
					return answered
				}))
				login := s.login()
				reached := 0
				s.engine.GET("/", ginsession.Handler(plugin), ginsession.Loaded, func(c *gin.Context) {
					reached++
					c.String(200, "hello %v", ginsession.Get(c).Get("k"))
				})
				s.want(s.get("/", login), 200, "hello old", 0)
				s.statements.Fail(func(sql string) error {
					if strings.HasPrefix(sql, "SELECT") {
						return errDisk
					}
					return nil
				})
				a := s.get("/", login)
				s.statements.Fail(nil)
				s.want(a, 503, map[bool]string{true: "Service Unavailable\n"}[answered], 0)
				if reached != 1 {
					t.Errorf("the guarded handler ran %d times", reached)
				}
				s.wantFailed(a, gormsession.ErrUnavailable)
				s.wantRow("old")
			})
		})
	}
}

// A save that fails is answered in place of the handler's response, whose header
// goes with it.
func TestSaveFails(t *testing.T) {
	handler := func(c *gin.Context) {
		set(c, "new")
		c.SetCookie("mine", "1", 0, "/", "", false, true)
		c.Header("ETag", `"1"`)
		c.Header("Content-Length", "4")
		c.String(200, "body")
	}
	outside := func(c *gin.Context) { c.Header("X-Request-Id", "7") }
	t.Run("by default", func(t *testing.T) {
		each(t, func(t *testing.T, s *site) {
			login := s.login()
			s.breakWrites()
			s.engine.GET("/", outside, s.session, handler)
			a := s.get("/", login)
			s.want(a, 503, "Service Unavailable\n", 0)
			s.wantFailed(a, gormsession.ErrUnavailable)
			s.wantRow("old")
			h := a.response.Header
			if h.Get("X-Request-Id") != "7" || h.Get("ETag") != "" || len(h["Set-Cookie"]) != 0 {
				t.Errorf("the header is not as we found it: %v", h)
			}
		})
	})
	t.Run("on an unknown route", func(t *testing.T) {
		each(t, func(t *testing.T, s *site) {
			s.breakWrites()
			s.engine.Use(s.session, func(c *gin.Context) { set(c, "new") })
			a := s.get("/nowhere")
			s.want(a, 503, "Service Unavailable\n", 0)
			s.wantFailed(a, gormsession.ErrUnavailable)
		})
	})
	t.Run("the error handler lets it go", func(t *testing.T) {
		s := newSite(t, gormsession.WithErrorHandler(func(_ http.ResponseWriter, _ *http.Request, err error) bool {
			return !errors.Is(err, gormsession.ErrUnavailable)
		}))
		s.breakWrites()
		s.engine.GET("/", outside, s.session, handler)
		a := s.get("/")
		s.want(a, 200, "body", 0)
		if h := a.response.Header; h.Get("ETag") != `"1"` || len(h["Set-Cookie"]) != 1 {
			t.Errorf("the header of the handler is gone: %v", h)
		}
	})
	t.Run("the error handler answers", func(t *testing.T) {
		s := newSite(t, gormsession.WithErrorHandler(func(w http.ResponseWriter, r *http.Request, _ error) bool {
			http.Error(w, "come again to "+r.URL.Path, 502)
			return true
		}))
		s.breakWrites()
		s.engine.GET("/", outside, s.session, handler)
		s.want(s.get("/"), 502, "come again to /\n", 0)
	})
	t.Run("logged out meanwhile", func(t *testing.T) {
		s := newSite(t)
		login := s.login()
		s.engine.GET("/", s.session, func(c *gin.Context) {
			set(c, "new")
			if err := s.plugin.Delete(c, ginsession.Get(c).Key()); err != nil {
				t.Error(err)
			}
			c.String(200, "body")
		})
		a := s.get("/", login)
		s.want(a, 400, "Bad Request\n", 0)
		s.wantFailed(a, gormsession.ErrInterrupted)
		s.wantRow("")
	})
}
