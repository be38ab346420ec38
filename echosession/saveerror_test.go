package echosession_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v5"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/echosession"
)

// The error of a session that is not saved is answered in the place of the handler's response, and
// is given to those outside, to the error handler and to the log, once each.
func TestErrorOfACommit(t *testing.T) {
	large := strings.Repeat("x", 1<<20)
	for name, page := range map[string]echo.HandlerFunc{
		"a page":  ok,
		"nothing": func(c *echo.Context) error { set(c, "new"); return nil },
		"a long body, whose error is returned": func(c *echo.Context) error {
			set(c, "new")
			err := c.String(200, large)
			if !errors.Is(err, gormsession.ErrUnavailable) {
				t.Errorf("the handler was told %v", err)
			}
			return err
		},
		"a long body, whose error is dropped": func(c *echo.Context) error {
			set(c, "new")
			_ = c.String(200, large)
			return nil
		},
		"a flush": func(c *echo.Context) error {
			set(c, "new")
			c.Response().(http.Flusher).Flush()
			return nil
		},
		"a flush, and a write": func(c *echo.Context) error {
			set(c, "new")
			c.Response().(http.Flusher).Flush()
			return c.String(200, "more")
		},
	} {
		for who, within := range map[string]func(s *site) []echo.MiddlewareFunc{
			"alone": func(s *site) []echo.MiddlewareFunc { return []echo.MiddlewareFunc{s.session} },
			"within another session": func(s *site) []echo.MiddlewareFunc {
				return []echo.MiddlewareFunc{echosession.Handler(s.Other()), s.session}
			},
		} {
			t.Run(name+", "+who, func(t *testing.T) {
				each(t, func(t *testing.T, s *site) {
					s.onError = unasked
					s.BreakWrites()
					s.serve(page, within(s)...)
					s.Want(s.Get(), 503, "Service Unavailable\n", 0)
					s.wantReturned(gormsession.ErrUnavailable)
					s.wantHandled(1)
					if log := s.Log.String(); strings.Count(log, "the session was not saved") != 1 {
						t.Errorf("logged: %s", log)
					}
				})
			})
		}
	}
}

// So it is where the answer cannot be flushed, which is a panic of Echo's response.
func TestErrorOfACommitWithoutFlush(t *testing.T) {
	s := newSite(t)
	s.BreakWrites()
	s.serve(func(c *echo.Context) error {
		set(c, "new")
		return c.String(200, strings.Repeat("x", 1<<20))
	}, s.session)
	s.Handler = http.TimeoutHandler(s.echo, time.Minute, "too late")
	s.Want(s.Get(), 503, "Service Unavailable\n", 0)
}

// The handler's error and the session's are both given to those outside.
func TestErrorOfBoth(t *testing.T) {
	s := newSite(t)
	s.BreakWrites()
	s.serve(func(c *echo.Context) error { set(c, "new"); return echo.ErrNotFound }, s.session)
	s.Want(s.Get(), 503, "Service Unavailable\n", 0)
	s.wantReturned(gormsession.ErrUnavailable)
	s.wantReturned(echo.ErrNotFound)
}
