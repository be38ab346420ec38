package echosession_test

import (
	"net/http"
	"net/http/httputil"
	"strings"
	"testing"

	"github.com/labstack/echo/v5"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/echosession"
)

// A panic saves nothing and sets no cookie, on whichever side the recovery is and however far the
// handler has come; and what the recovery answers goes out.
func TestPanic(t *testing.T) {
	for name, page := range map[string]echo.HandlerFunc{
		"before the body": func(*echo.Context) error { return nil },
		"after the body": func(c *echo.Context) error {
			c.Response().Header().Set("ETag", `"1"`)
			return c.String(200, "")
		},
		"after a status": func(c *echo.Context) error { return c.NoContent(202) },
	} {
		for side, inside := range map[string]bool{"recovery inside": true, "recovery outside": false} {
			t.Run(name+", "+side, func(t *testing.T) {
				each(t, func(t *testing.T, s *site) {
					login := s.login()
					within := []echo.MiddlewareFunc{recovery, s.session}
					if inside {
						within = []echo.MiddlewareFunc{s.session, recovery}
					}
					s.serve(func(c *echo.Context) error {
						set(c, "new")
						if err := page(c); err != nil {
							t.Error(err)
						}
						panic("no")
					}, within...)
					a := s.Get(login)
					body := `{"message":"Internal Server Error"}` + "\n"
					if inside && name != "before the body" {
						body = "" // the answer that was begun
					}
					s.Want(a, 500, body, 0)
					if got := a.Header.Get("ETag"); got != "" && !inside {
						t.Errorf("a header of what was dropped: %s", got)
					}
					if got := a.Header.Get("Vary"); got != "Cookie" {
						t.Errorf("Vary: %q", got)
					}
					s.wantSaved("old")
				})
			})
		}
	}
}

// Without a recovery, and with Echo's for a handler that says so, the server cuts the connection.
func TestPanicPasses(t *testing.T) {
	for value, within := range map[any]bool{"no": false, http.ErrAbortHandler: true} {
		each(t, func(t *testing.T, s *site) {
			middlewares := []echo.MiddlewareFunc{s.session}
			if within {
				middlewares = []echo.MiddlewareFunc{recovery, s.session, recovery}
			}
			s.serve(func(c *echo.Context) error {
				if err := ok(c); err != nil {
					t.Error(err)
				}
				panic(value)
			}, middlewares...)
			if a := s.Get(); a.Err == nil {
				t.Errorf("%v: got %d %q", value, a.Status, a.Body)
			}
			s.wantSaved("")
		})
	}
}

// What was sent before the panic is sent and saved; what was changed after is not, nor where a
// recovery inside has swallowed it.
func TestPanicAfterFlush(t *testing.T) {
	for side, inside := range map[string]bool{"recovery inside": true, "recovery outside": false} {
		t.Run(side, func(t *testing.T) {
			s := newSite(t)
			within := []echo.MiddlewareFunc{recovery, s.session}
			if inside {
				within = []echo.MiddlewareFunc{s.session, recovery}
			}
			s.serve(func(c *echo.Context) error {
				if err := ok(c); err != nil {
					t.Error(err)
				}
				c.Response().(http.Flusher).Flush()
				set(c, "late")
				panic("no")
			}, within...)
			s.Want(s.Get(), 200, "body", 1)
			s.wantSaved("new")
		})
	}
}

// printing is a recovery that prints the request, and answers.
func printing(into *string) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) (err error) {
			defer func() {
				if recover() != nil {
					dump, _ := httputil.DumpRequest(c.Request(), false)
					*into = string(dump)
					err = c.String(500, "")
				}
			}()
			return next(c)
		}
	}
}

// A recovery prints the request without the keys of the sessions that the panic has passed, and
// with all else: outside of one, of two, and inside where the session is mounted once more.
func TestRecoveryPrintsNoKey(t *testing.T) {
	for _, name := range []string{"outside", "outside of two", "inside"} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			other := echosession.Handler(s.Other())
			s.serve(func(c *echo.Context) error {
				set(c, "old")
				echosession.GetFrom(c, s.plugin).Set("k", "old")
				return nil
			}, s.session, other)
			login := s.Get()
			var printed string
			s.serve(func(*echo.Context) error { panic("no") }, map[string][]echo.MiddlewareFunc{
				"outside":        {printing(&printed), s.session},
				"outside of two": {printing(&printed), s.session, other},
				"inside":         {s.session, other, printing(&printed), s.session, other},
			}[name]...)
			r, _ := http.NewRequest("GET", s.Start().URL+"/page", nil)
			r.Header.Set("Cookie", "theme=dark")
			s.Want(s.Send(r, login), 500, "", 0)
			for _, c := range login.Cookies() {
				if strings.Contains(printed, c.Value) != (name == "outside" && c.Name == "other") {
					t.Errorf("of %s: %s", c.Name, printed)
				}
			}
			if !strings.Contains(printed, "Cookie: theme=dark") {
				t.Errorf("the other cookie is gone: %s", printed)
			}
			s.wantSaved("old")
		})
	}
}

// An error page that a recovery makes within the session again still knows who asks, and does not
// log him out.
func TestErrorPageKnowsTheSession(t *testing.T) {
	s := newSite(t)
	login := s.login()
	sorry := s.session(func(c *echo.Context) error {
		name := echosession.Get(c).Get("k").(string)
		set(c, "new")
		return c.String(200, "sorry, "+name)
	})
	page := func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) (err error) {
			defer func() {
				if recover() != nil {
					err = sorry(c)
				}
			}()
			return next(c)
		}
	}
	s.serve(func(*echo.Context) error { panic("no") }, page, s.session)
	s.Want(s.Get(login), 200, "sorry, old", 1)
	s.wantSaved("new")
}

// A logout is carried out in a panic too, and said.
func TestLogoutThenPanic(t *testing.T) {
	s := newSite(t)
	login := s.login()
	s.serve(func(c *echo.Context) error {
		echosession.Get(c).Flush()
		panic("no")
	}, recovery, echosession.Handler(s.Other()), s.session)
	a := s.Get(login)
	if a.Status != 500 || !strings.Contains(a.Header.Get("Set-Cookie"), "Max-Age=0") ||
		a.Header.Get("Cache-Control") != "private" {
		t.Errorf("%d with %v", a.Status, a.Header)
	}
	s.wantSaved("")
}

// A header with the key is taken out of what is printed as a cookie is.
func TestRecoveryPrintsNoKeyOfAHeader(t *testing.T) {
	s := newSite(t, gormsession.WithKeyHeader("X-Session"))
	var printed string
	s.serve(func(*echo.Context) error { panic("no") }, printing(&printed), s.session)
	r, _ := http.NewRequest("GET", s.Start().URL+"/page", nil)
	r.Header.Set("X-Session", strings.Repeat("k", 32))
	s.Want(s.Send(r), 500, "", 0)
	if strings.Contains(printed, "kkk") || !strings.Contains(printed, "GET /page") {
		t.Errorf("printed: %s", printed)
	}
}
