package echosession_test

import (
	"errors"
	"log/slog"
	"net/http"
	"testing"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/echosession"
	"github.com/seed7368b609/gormsession/internal/response"
	"github.com/seed7368b609/gormsession/internal/sitetest"
)

// site is an Echo application with sessions. Each call of serve makes it anew.
type site struct {
	*sitetest.Site
	plugin  *gormsession.Plugin
	session echo.MiddlewareFunc
	echo    *echo.Echo

	onError  echo.HTTPErrorHandler
	handled  []error // what the application's error handler was given by the last request
	returned error   // what the last request has returned in the end
}

// each runs a test over HTTP/1.1 and over HTTP/2.
func each(t *testing.T, test func(t *testing.T, s *site)) {
	t.Helper()
	sitetest.Each(t, func(t *testing.T, http2 bool) {
		s := newSite(t)
		s.HTTP2 = http2
		test(t, s)
	})
}

func newSite(t *testing.T, opts ...gormsession.Option) *site {
	t.Helper()
	s := &site{Site: sitetest.New(t), onError: echo.DefaultHTTPErrorHandler(false)}
	s.plugin = s.NewPlugin(opts...)
	s.session = echosession.Handler(s.plugin)
	return s
}

// serving is the adapter as the tests know it that all adapters share.
func serving(plugin *gormsession.Plugin, page sitetest.Page) http.Handler {
	e := echo.New()
	e.Use(echosession.Handler(plugin))
	e.Any("/*", func(c *echo.Context) error {
		page(c.Response(), c.Request(), echosession.Get(c))
		return nil
	})
	return e
}

// serve has a page answer from now on, within middleware of which the first is the outermost.
func (s *site) serve(page echo.HandlerFunc, within ...echo.MiddlewareFunc) {
	s.echo = s.router()
	s.echo.Use(within...)
	s.echo.Any("/page", page)
	s.Handler = s.echo
}

// router is an Echo that is watched.
func (s *site) router() *echo.Echo {
	e := echo.New()
	e.Logger = slog.New(slog.NewTextHandler(&s.Log, nil))
	e.HTTPErrorHandler = func(c *echo.Context, err error) {
		s.handled = append(s.handled, err)
		s.onError(c, err)
	}
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			before := c.Response()
			s.handled, s.returned = nil, nil
			defer func() {
				for at := range response.Wrapped(c.Response()) {
					if _, holds := at.(interface{ Held() bool }); holds {
						s.T.Errorf("the session has left %T in the context", at)
					}
					if at == before {
						break
					}
				}
			}()
			s.returned = next(c)
			return s.returned
		}
	})
	return e
}

// login makes a session with "k" = "old".
func (s *site) login() *sitetest.Answer {
	s.T.Helper()
	s.serve(func(c *echo.Context) error {
		set(c, "old")
		return c.String(200, "hello")
	}, s.session)
	a := s.Get()
	s.Want(a, 200, "hello", 1)
	s.wantSaved("old")
	return a
}

func (s *site) wantSaved(value string) { s.T.Helper(); s.WantSaved(s.plugin, value) }

// wantReturned checks what those outside of the session have heard: that error, once.
func (s *site) wantReturned(want error) {
	s.T.Helper()
	if (s.returned == nil) != (want == nil) || !errors.Is(s.returned, want) {
		s.T.Errorf("those outside heard %v, not %v", s.returned, want)
	}
}

// wantHandled checks how often the application's error handler was called.
func (s *site) wantHandled(times int) {
	s.T.Helper()
	if len(s.handled) != times {
		s.T.Errorf("the error handler was given %v, want %d errors", s.handled, times)
	}
}

func set(c *echo.Context, value string) { echosession.Get(c).Set("k", value) }

// recovery prints no stack.
var recovery = middleware.RecoverWithConfig(middleware.RecoverConfig{DisablePrintStack: true})

// ok is a handler that sets "k" = "new" and answers.
func ok(c *echo.Context) error {
	set(c, "new")
	return c.String(http.StatusOK, "body")
}
