package ginsession_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/sitetest"
)

// A guard behind Loaded never mistakes a fault of the database for a stranger.
func TestLoaded(t *testing.T) {
	for name, answered := range map[string]bool{"answered by default": true, "left to us": false} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				plugin := s.newPlugin(gormsession.WithErrorHandler(func(
					http.ResponseWriter, *http.Request, error,
				) bool {
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
				s.Statements.Fail(func(sql string) error {
					if strings.HasPrefix(sql, "SELECT") {
						return sitetest.ErrDisk
					}
					return nil
				})
				a := s.get("/", login)
				s.Statements.Fail(nil)
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
			s.BreakWrites()
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
			s.BreakWrites()
			s.engine.Use(s.session, func(c *gin.Context) { set(c, "new") })
			a := s.get("/nowhere")
			s.want(a, 503, "Service Unavailable\n", 0)
			s.wantFailed(a, gormsession.ErrUnavailable)
		})
	})
	t.Run("the error handler lets it go", func(t *testing.T) {
		s := newSite(t, gormsession.WithErrorHandler(func(
			_ http.ResponseWriter, _ *http.Request, err error,
		) bool {
			return !errors.Is(err, gormsession.ErrUnavailable)
		}))
		s.BreakWrites()
		s.engine.GET("/", outside, s.session, handler)
		a := s.get("/")
		s.want(a, 200, "body", 0)
		if h := a.response.Header; h.Get("ETag") != `"1"` || len(h["Set-Cookie"]) != 1 {
			t.Errorf("the header of the handler is gone: %v", h)
		}
	})
	t.Run("the error handler answers", func(t *testing.T) {
		s := newSite(t, gormsession.WithErrorHandler(func(
			w http.ResponseWriter, r *http.Request, _ error,
		) bool {
			http.Error(w, "come again to "+r.URL.Path, http.StatusBadGateway)
			return true
		}))
		s.BreakWrites()
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
