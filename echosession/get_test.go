package echosession_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v5"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/echosession"
	"github.com/seed7368b609/gormsession/internal/sitetest"
)

// What is mounted wrongly is said with the words that mend it.
func TestMistakes(t *testing.T) {
	s := newSite(t)
	c := echo.New().NewContext(httptest.NewRequest("GET", "/", nil), httptest.NewRecorder())
	for mends, mistake := range map[string]func(){
		"e.Use(echosession.New(db))":         func() { echosession.Get(c) },
		"e.Use(echosession.Handler(plugin))": func() { echosession.GetFrom(c, s.plugin) },
		"the plugin that gormsession.New":    func() { echosession.Handler(nil) },
		"mount the middleware before":        func() { _ = echosession.Loaded(ok)(c) },
		"WithLifetime takes a second or more": func() {
			echosession.New(s.DB, gormsession.WithLifetime(-time.Hour))
		},
	} {
		func() {
			defer func() {
				said := recover()
				if err, is := said.(error); is {
					said = err.Error()
				}
				if text, _ := said.(string); !strings.Contains(text, mends) ||
					!strings.HasPrefix(text, "gormsession: ") {
					t.Errorf("%v does not say %q", said, mends)
				}
			}()
			mistake()
		}()
	}
}

// From finds the session in a context that is derived from the request's, from any goroutine, and
// in no other; after the request it can be read, and a middleware outside finds it.
func TestFrom(t *testing.T) {
	s := newSite(t)
	if _, ok := echosession.From(t.Context()); ok {
		t.Error("a session of no request")
	}
	var kept context.Context
	var outside any
	s.serve(func(c *echo.Context) error {
		kept = context.WithValue(c.Request().Context(), t, "value")
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if session, ok := echosession.From(kept); !ok || session != echosession.Get(c) {
					t.Error("it is another session")
				}
			})
		}
		all.Wait()
		return ok(c)
	}, func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			err := next(c)
			outside = echosession.Get(c).Get("k")
			return err
		}
	}, s.session)
	s.Want(s.Get(), 200, "body", 1)
	session, _ := echosession.From(kept)
	if session.Set("k", "stray"); session.Get("k") != "new" || outside != "new" {
		t.Errorf("afterwards it is %v, outside %v", session.Get("k"), outside)
	}
	s.wantSaved("new")
}

// Goroutines find the session while the handler answers, for which Echo changes the Context.
func TestGetWhileTheHandlerAnswers(t *testing.T) {
	s := newSite(t)
	s.serve(func(c *echo.Context) error {
		var all sync.WaitGroup
		defer all.Wait()
		all.Go(func() {
			for range 100 {
				echosession.Get(c).Get("k")
				echosession.GetFrom(c, s.plugin).Get("k")
			}
		})
		return c.JSON(200, 1)
	}, s.session)
	s.Want(s.Get(), 200, "1\n", 0)
}

// A middleware that gives the request a context of its own hides the session from no handler.
func TestGetWithAContextOfItsOwn(t *testing.T) {
	s := newSite(t)
	s.serve(ok, s.session, forget)
	s.Want(s.Get(), 200, "body", 1)
	s.wantSaved("new")
}

// Loaded answers a database that fails before a guard sees an empty session, and runs no handler.
func TestLoaded(t *testing.T) {
	s := newSite(t)
	login := s.login()
	s.serve(func(c *echo.Context) error { return c.String(200, "body") },
		s.session, echosession.Loaded)
	s.Want(s.Get(login), 200, "body", 0)
	s.serve(func(*echo.Context) error { t.Error("a handler has run"); return nil },
		s.session, echosession.Loaded)
	s.Statements.Fail(func(string) error { return sitetest.ErrDisk })
	s.Want(s.Get(login), 503, "Service Unavailable\n", 0)
	s.wantReturned(gormsession.ErrUnavailable)
	s.wantHandled(1)
}

func TestRequireFresh(t *testing.T) {
	sitetest.RequireFresh(t, func(plugin *gormsession.Plugin) http.Handler {
		e := echo.New()
		e.Use(echosession.Handler(plugin))
		e.GET("/login", func(c *echo.Context) error { echosession.Get(c).LogIn(7); return nil })
		transfer := func(c *echo.Context) error { return c.String(http.StatusOK, "done") }
		e.GET("/bare", transfer, echosession.RequireFresh(time.Minute))
		e.GET("/asking", transfer, echosession.RequireFresh(time.Minute, func(c *echo.Context) error {
			return c.Redirect(http.StatusSeeOther, "/password")
		}))
		return e
	})
}
