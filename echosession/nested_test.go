package echosession_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/echosession"
	"github.com/seed7368b609/gormsession/httpsession"
)

// embedding is a wrapper that shows only what every writer can do.
type embedding struct{ http.ResponseWriter }

func wrapped(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		before := c.Response()
		c.SetResponse(embedding{before})
		defer c.SetResponse(before)
		return next(c)
	}
}

// forget gives the request a context of its own.
func forget(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		c.SetRequest(c.Request().WithContext(context.Background()))
		return next(c)
	}
}

var timeout = echo.WrapMiddleware(func(next http.Handler) http.Handler {
	return http.TimeoutHandler(next, time.Minute, "too late")
})

// A session that is mounted twice acts once, whatever lies between.
func TestSamePluginTwice(t *testing.T) {
	for name, between := range map[string]echo.MiddlewareFunc{
		"nothing":                 func(next echo.HandlerFunc) echo.HandlerFunc { return next },
		"an embedding wrapper":    wrapped,
		"a dump of the body":      middleware.BodyDump(func(*echo.Context, []byte, []byte, error) {}),
		"a compressor":            middleware.Gzip(),
		"a context that is empty": forget,
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				var outside *echosession.State
				s.serve(func(c *echo.Context) error {
					if echosession.Get(c) != outside {
						t.Error("there are two sessions")
					}
					return ok(c)
				}, s.session, func(next echo.HandlerFunc) echo.HandlerFunc {
					return func(c *echo.Context) error {
						outside = echosession.Get(c)
						return next(c)
					}
				}, between, s.session)
				s.Want(s.Get(), 200, "body", 1)
				s.wantSaved("new")
			})
		})
	}
}

// Two plugins on a route have a session and a cookie each; a middleware between them means its own
// one, before and after; and a handler that mounts the outer one once more means that one.
func TestTwoPlugins(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		other := s.Other()
		is := func(c *echo.Context, plugin *gormsession.Plugin, where string) {
			if echosession.Get(c) != echosession.GetFrom(c, plugin) {
				t.Errorf("%s: Get is another session", where)
			}
		}
		again := s.session(func(c *echo.Context) error {
			is(c, s.plugin, "mounted last")
			set(c, "new")
			return nil
		})
		s.serve(func(c *echo.Context) error {
			is(c, other, "innermost")
			set(c, "another")
			if err := again(c); err != nil {
				return err
			}
			is(c, other, "innermost, afterwards")
			return c.String(200, "body")
		}, s.session, func(next echo.HandlerFunc) echo.HandlerFunc {
			return func(c *echo.Context) error {
				is(c, s.plugin, "between, before")
				err := next(c)
				is(c, s.plugin, "between, afterwards")
				return err
			}
		}, echosession.Handler(other))
		s.Want(s.Get(), 200, "body", 2)
		s.wantSaved("new")
	})
}

// Two plugins that set the same cookie in one response are reported, once, with the words that mend
// it.
func TestTwoPluginsOfOneCookie(t *testing.T) {
	s := newSite(t)
	s.serve(ok, s.session, echosession.Handler(s.Other()), echosession.Handler(s.NewPlugin()))
	s.Get()
	s.Get()
	if log := s.Log.String(); strings.Count(log, "set the same cookie") != 1 ||
		!strings.Contains(log, "echosession.New") || !strings.Contains(log, "cookie=session") {
		t.Errorf("logged: %s", log)
	}
}

// A handler that has the router, or another one, answer within its response does so with its
// session, and with its own answer to errors.
func TestRouterWithinAHandler(t *testing.T) {
	routes := func(e *echo.Echo) {
		e.GET("/there", func(c *echo.Context) error { set(c, "there"); return c.String(200, "there") })
		e.GET("/broken", func(*echo.Context) error { return errBroken })
	}
	for path, want := range map[string]struct {
		status int
		body   string
		saved  string
	}{"/there": {200, "there", "there"}, "/nowhere": {404, `{"message":"Not Found"}` + "\n", "new"},
		"/broken": {500, `{"message":"Internal Server Error"}` + "\n", ""}} {
		each(t, func(t *testing.T, s *site) {
			inner := s.router()
			inner.Use(s.session)
			routes(inner)
			for name, router := range map[string]func() *echo.Echo{
				"another": func() *echo.Echo { return inner }, "itself": func() *echo.Echo { return s.echo },
			} {
				s.serve(func(c *echo.Context) error {
					set(c, "new")
					r := c.Request().Clone(c.Request().Context())
					r.URL.Path = path
					router().ServeHTTP(c.Response(), r)
					return nil
				}, s.session)
				routes(s.echo)
				a := s.Get()
				if a.Status != want.status || a.Body != want.body {
					t.Errorf("%s, %s: %d %q", name, path, a.Status, a.Body)
				}
				s.wantSaved(want.saved)
				s.DB.Exec("DELETE FROM web_sessions")
			}
		})
	}
}

// A request of its own that a handler makes of the one it answers is not part of its response.
func TestHandlerForAnotherResponse(t *testing.T) {
	s := newSite(t)
	login := s.login()
	part := s.router()
	part.Use(s.session)
	part.GET("/page", func(c *echo.Context) error {
		echosession.Get(c).Set("part", 1)
		return c.String(200, "part")
	})
	s.serve(func(c *echo.Context) error {
		inMemory := httptest.NewRecorder()
		part.ServeHTTP(inMemory, c.Request().Clone(c.Request().Context()))
		if inMemory.Body.String() != "part" || len(inMemory.Header()["Set-Cookie"]) != 1 {
			t.Errorf("the part answers %q with %v", inMemory.Body, inMemory.Header())
		}
		return ok(c)
	}, s.session)
	s.Want(s.Get(login), 200, "body", 1)
	s.wantSaved("new")
}

// Handlers of net/http find the session by httpsession; and a session that is mounted by it around
// the whole application is the same one within.
func TestBesideHTTPSession(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		page := echo.WrapHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			httpsession.Get(r).Set("k", "new")
			_, _ = fmt.Fprint(w, "body")
		}))
		s.serve(page, s.session)
		s.Want(s.Get(), 200, "body", 1)
		s.wantSaved("new")
		s.DB.Exec("DELETE FROM web_sessions")

		s.serve(func(c *echo.Context) error {
			if echosession.Get(c) != httpsession.Get(c.Request()) {
				t.Error("there are two sessions")
			}
			set(c, "new")
			return errNotFound
		}, s.session)
		s.onError = mapped
		s.Handler = httpsession.Handler(s.plugin)(s.echo)
		s.Want(s.Get(), 404, "nothing here", 1)
		s.wantSaved("new")
		s.wantHandled(1)
	})
}

// Where a middleware outside has sent its header already, no session is made of which the client
// never hears, and the log says so.
func TestHeaderThatHasLeft(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.serve(func(c *echo.Context) error { set(c, "lost"); return nil },
			func(next echo.HandlerFunc) echo.HandlerFunc {
				return func(c *echo.Context) error {
					_ = c.String(200, "early")
					return next(c)
				}
			}, s.session)
		s.Want(s.Get(), 200, "early", 0)
		s.wantSaved("")
		s.wantReturned(gormsession.ErrHeaderSent)
		if !strings.Contains(s.Log.String(), gormsession.ErrHeaderSent.Error()) {
			t.Errorf("logged: %s", s.Log.String())
		}
	})
}

// What a middleware between two sessions has written is held by the outer one, so the cookie of the
// inner one can still go.
func TestHeaderThatAnotherSessionHolds(t *testing.T) {
	s := newSite(t)
	s.serve(func(c *echo.Context) error { set(c, "new"); return nil },
		echosession.Handler(s.Other()), func(next echo.HandlerFunc) echo.HandlerFunc {
			return func(c *echo.Context) error {
				_ = c.String(200, "early")
				return next(c)
			}
		}, s.session)
	s.Want(s.Get(), 200, "early", 1)
	s.wantSaved("new")
}
