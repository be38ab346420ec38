package echosession_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"

	"github.com/seed7368b609/gormsession/echosession"
)

var errNotFound, errStranger, errBroken = errors.New("no such thing"), errors.New("who is it"),
	errors.New("broken")

// mapped is an application's error handler: it knows the application's own errors. It asks whether
// there is an answer, as Echo's documentation says, and unasked does not.
func mapped(c *echo.Context, err error) {
	if response, _ := echo.UnwrapResponse(c.Response()); !response.Committed {
		unasked(c, err)
	}
}

func unasked(c *echo.Context, err error) {
	switch {
	case errors.Is(err, errNotFound):
		_ = c.String(http.StatusNotFound, "nothing here")
	case errors.Is(err, errStranger):
		_ = c.Redirect(http.StatusSeeOther, "/login")
	default:
		_ = c.String(http.StatusInternalServerError, "sorry")
	}
}

// logger answers errors itself, as Echo's own does by default, and returns them.
var logger = middleware.RequestLoggerWithConfig(middleware.RequestLoggerConfig{
	HandleError: true, LogStatus: true, LogResponseSize: true,
	LogValuesFunc: func(*echo.Context, middleware.RequestLoggerValues) error { return nil },
})

// An error that a handler returns is answered by the application's error handler, whose response is
// held: it decides what is saved. So it is on whichever side a logger has errors answered, with two
// plugins, and with a compressor outside.
func TestErrorOfAHandler(t *testing.T) {
	gzip := middleware.GzipWithConfig(middleware.GzipConfig{MinLength: 1000})
	type middlewares = []echo.MiddlewareFunc
	for name, within := range map[string]func(s *site) middlewares{
		"alone":         func(s *site) middlewares { return middlewares{s.session} },
		"logger":        func(s *site) middlewares { return middlewares{logger, s.session} },
		"logger inside": func(s *site) middlewares { return middlewares{s.session, logger} },
		"gzip":          func(s *site) middlewares { return middlewares{gzip, s.session} },
		"gzip, logger":  func(s *site) middlewares { return middlewares{gzip, logger, s.session} },
		"mounted twice": func(s *site) middlewares { return middlewares{s.session, s.session} },
		"two plugins": func(s *site) middlewares {
			return middlewares{echosession.Handler(s.Other()), s.session}
		},
	} {
		for err, want := range map[error]struct {
			status int
			body   string
			saved  string
		}{
			errNotFound: {404, "nothing here", "new"},
			errStranger: {303, "", "new"},
			errBroken:   {500, "sorry", ""},
		} {
			if name == "logger inside" && err == errStranger {
				continue // it looks as if the handler had broken off after a redirect
			}
			t.Run(name+", "+err.Error(), func(t *testing.T) {
				each(t, func(t *testing.T, s *site) {
					s.onError = mapped
					if !strings.Contains(name, "gzip") { // which puts back the response that it found
						s.onError = unasked
					}
					s.serve(func(c *echo.Context) error { set(c, "new"); return err }, within(s)...)
					cookies := 0
					if want.saved != "" {
						cookies = 1
					}
					s.Want(s.Get(), want.status, want.body, cookies)
					s.wantSaved(want.saved)
					s.wantReturned(err)
				})
			})
		}
	}
}

// The default error handler answers as it does without a session, unknown routes too.
func TestDefaultErrorHandler(t *testing.T) {
	for name, want := range map[string]struct {
		err    error
		status int
		body   string
		saved  string
	}{
		"404":   {echo.ErrNotFound, 404, `{"message":"Not Found"}` + "\n", "new"},
		"409":   {echo.NewHTTPError(409, "taken"), 409, `{"message":"taken"}` + "\n", "new"},
		"plain": {errBroken, 500, `{"message":"Internal Server Error"}` + "\n", ""},
		"503":   {echo.ErrServiceUnavailable, 503, `{"message":"Service Unavailable"}` + "\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.serve(func(c *echo.Context) error { set(c, "new"); return want.err }, s.session)
			a := s.Get()
			if a.Status != want.status || a.Body != want.body {
				t.Errorf("%d %s", a.Status, a.Body)
			}
			s.wantSaved(want.saved)
		})
	}
	s := newSite(t)
	s.serve(ok, s.session)
	r, _ := http.NewRequest("GET", s.Start().URL+"/elsewhere", nil)
	s.Want(s.Send(r), 404, `{"message":"Not Found"}`+"\n", 0)
}

// An error that comes when the handler has begun to answer is no success: it is 500 as long as the
// response is held, and saves nothing more in any case. What is less than that is ignored, as it is
// without a session, and what looks like the answer to the error stays.
func TestErrorAfterTheAnswer(t *testing.T) {
	page := func(c *echo.Context) error { return c.String(200, "page") }
	taken := func(c *echo.Context) error { return c.String(409, "taken") }
	streamed := func(c *echo.Context) error {
		err := c.String(200, "page")
		_ = http.NewResponseController(c.Response()).Flush()
		set(c, "late")
		return err
	}
	flushed := func(c *echo.Context) error {
		_ = http.NewResponseController(c.Response()).Flush()
		set(c, "late")
		return nil
	}
	for name, test := range map[string]struct {
		begin  echo.HandlerFunc
		err    error
		status int
		body   string
		saved  string
	}{
		"held":          {page, errBroken, 500, "page", ""},
		"held, 404":     {page, echo.ErrNotFound, 200, "page", "new"},
		"held, 503":     {page, echo.ErrServiceUnavailable, 503, "page", ""},
		"an answer":     {taken, errBroken, 409, "taken", "new"},
		"streamed":      {streamed, errBroken, 200, "page", "new"},
		"flushed first": {flushed, errBroken, 200, "", "new"},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				s.serve(func(c *echo.Context) error {
					set(c, "new")
					if err := test.begin(c); err != nil {
						t.Error(err)
					}
					return test.err
				}, s.session)
				a := s.Get()
				if a.Status != test.status || a.Body != test.body || a.Err != nil {
					t.Errorf("%d %q, %v", a.Status, a.Body, a.Err)
				}
				s.wantSaved(test.saved)
				s.wantReturned(test.err)
			})
		})
	}
}

// An error handler that leaves an error of 500 without an answer has it be no success.
func TestErrorWithoutAnAnswer(t *testing.T) {
	for err, want := range map[error]struct {
		status int
		saved  string
	}{errBroken: {500, ""}, echo.ErrNotFound: {200, "new"}} {
		s := newSite(t)
		s.onError = func(*echo.Context, error) {}
		s.serve(func(c *echo.Context) error { set(c, "new"); return err }, s.session)
		if a := s.Get(); a.Status != want.status || a.Body != "" {
			t.Errorf("%v: %d %q", err, a.Status, a.Body)
		}
		s.wantSaved(want.saved)
	}
}

// The error handler finds the session: within it, and after a panic has passed it.
func TestErrorHandlerFindsTheSession(t *testing.T) {
	s := newSite(t)
	login := s.login()
	s.onError = func(c *echo.Context, err error) {
		if r, _ := echo.UnwrapResponse(c.Response()); r.Committed {
			return
		}
		name, _ := echosession.Get(c).Get("k").(string)
		_ = c.String(500, "sorry, "+name)
	}
	s.serve(func(c *echo.Context) error {
		if err := echosession.Get(c).Load(); err != nil || c.QueryParam("panics") != "" {
			panic("no")
		}
		return errBroken
	}, recovery, s.session)
	for _, query := range []string{"", "?panics=1"} {
		r, _ := http.NewRequest("GET", s.Start().URL+"/page"+query, nil)
		s.Want(s.Send(r, login), 500, "sorry, old", 0)
	}
	s.wantSaved("old")
}

// What a logger outside says of a request is what the client got.
func TestLoggerOutside(t *testing.T) {
	for err, want := range map[error]int{nil: 200, errNotFound: 404, errBroken: 500} {
		var values middleware.RequestLoggerValues
		s := newSite(t)
		s.onError = mapped
		s.serve(func(c *echo.Context) error {
			set(c, c.FormValue("name"))
			if err != nil {
				return err
			}
			return c.String(200, "body")
		}, middleware.RequestLoggerWithConfig(middleware.RequestLoggerConfig{
			HandleError: true, LogStatus: true, LogResponseSize: true, LogFormValues: []string{"name"},
			LogRoutePath: true,
			LogValuesFunc: func(_ *echo.Context, v middleware.RequestLoggerValues) error {
				values = v
				return nil
			},
		}), s.session)
		r, _ := http.NewRequest("GET", s.Start().URL+"/page?name=Ann", nil)
		a := s.Send(r)
		if a.Status != want || values.Status != want || values.ResponseSize != int64(len(a.Body)) ||
			!errors.Is(values.Error, err) || values.RoutePath != "/page" ||
			len(values.FormValues["name"]) != 1 {
			t.Errorf("answered %d %q, logged %+v", a.Status, a.Body, values)
		}
	}
}
