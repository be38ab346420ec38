package echosession_test

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"
)

// What a handler does is answered as it is without a session.
func TestAnsweredAsWithoutSession(t *testing.T) {
	files := fstest.MapFS{"page.css": {Data: bytes.Repeat([]byte("x"), 300_000)}}
	for name, page := range map[string]echo.HandlerFunc{
		"nothing":      func(*echo.Context) error { return nil },
		"two statuses": func(c *echo.Context) error { _ = c.NoContent(404); return c.NoContent(200) },
		"two bodies":   func(c *echo.Context) error { _ = c.String(200, "a"); return c.String(404, "b") },
		"no content":   func(c *echo.Context) error { return c.NoContent(204) },
		"a text":       func(c *echo.Context) error { return c.String(200, "body") },
		"a page":       func(c *echo.Context) error { return c.HTML(201, "<html>") },
		"JSON":         func(c *echo.Context) error { return c.JSON(200, map[string]int{"n": 1}) },
		"a JSON that cannot be": func(c *echo.Context) error {
			return c.JSON(200, make(chan int))
		},
		"a redirect":        func(c *echo.Context) error { return c.Redirect(303, "/there") },
		"a redirect to 200": func(c *echo.Context) error { return c.Redirect(200, "/there") },
		"a file":            func(c *echo.Context) error { return c.FileFS("page.css", files) },
		"a stream": func(c *echo.Context) error {
			return c.Stream(200, "text/css", strings.NewReader("x"))
		},
		"no such file":        func(c *echo.Context) error { return c.FileFS("none.css", files) },
		"an error":            func(*echo.Context) error { return echo.ErrForbidden },
		"an error of its own": func(*echo.Context) error { return errBroken },
		"a write only": func(c *echo.Context) error {
			_, err := io.WriteString(c.Response(), "body")
			return err
		},
		"a hook before": func(c *echo.Context) error {
			response, err := echo.UnwrapResponse(c.Response())
			if err != nil {
				return err
			}
			response.Before(func() { response.Header().Set("X-Hook", "1") })
			return c.String(200, "body")
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				s.serve(page, recovery)
				plain := s.Get()
				s.serve(func(c *echo.Context) error { set(c, "new"); return page(c) }, recovery, s.session)
				a := s.Get()
				cookies := 1
				if plain.Status >= 500 {
					cookies = 0
				}
				s.Want(a, plain.Status, plain.Body, cookies)
				for _, ours := range []string{"Set-Cookie", "Vary", "Cache-Control", "Date"} {
					a.Header.Del(ours)
					plain.Header.Del(ours)
				}
				for field := range plain.Header {
					if !slices.Equal(a.Header[field], plain.Header[field]) {
						t.Errorf("%v, and without a session %v", a.Header, plain.Header)
					}
				}
			})
		})
	}
}

// Middleware of Echo's may be on either side.
func TestMiddlewareOnEitherSide(t *testing.T) {
	for name, other := range map[string]echo.MiddlewareFunc{
		"gzip":         middleware.Gzip(),
		"gzip, long":   middleware.GzipWithConfig(middleware.GzipConfig{MinLength: 1000}),
		"a body dump":  middleware.BodyDump(func(*echo.Context, []byte, []byte, error) {}),
		"a deadline":   middleware.ContextTimeout(time.Minute),
		"CSRF":         middleware.CSRFWithConfig(middleware.CSRFConfig{CookieName: "csrf"}),
		"a limit":      middleware.BodyLimit(1000),
		"security":     middleware.Secure(),
		"a request id": middleware.RequestID(),
		"CORS":         middleware.CORS("https://example.com"),
		"a timeout":    timeout,
		"a wrapper":    wrapped,
	} {
		for side, inside := range map[string]bool{"inside": true, "outside": false} {
			t.Run(name+" "+side, func(t *testing.T) {
				each(t, func(t *testing.T, s *site) {
					within := []echo.MiddlewareFunc{recovery, other, s.session}
					if inside {
						within = []echo.MiddlewareFunc{recovery, s.session, other}
					}
					for body, large := range map[string]bool{
						"body": false, strings.Repeat("0123456789", 20_000): true,
					} {
						s.serve(func(c *echo.Context) error {
							set(c, "new")
							return c.String(200, body)
						}, within...)
						a := s.Get()
						if a.Status != 200 || a.Body != body ||
							!strings.Contains(strings.Join(a.Header["Set-Cookie"], " "), "session=") {
							t.Errorf("large %t: %d, %d bytes, %v", large, a.Status, len(a.Body), a.Header)
						}
						s.wantSaved("new")
						s.DB.Exec("DELETE FROM web_sessions")
					}
					s.serve(func(c *echo.Context) error { set(c, "new"); return errBroken }, within...)
					a := s.Get()
					if name == "a timeout" && inside { // it has answered when the error comes
						s.Want(a, 500, "", 0)
					} else if a.Status != 500 || a.Body != `{"message":"Internal Server Error"}`+"\n" {
						t.Errorf("an error: %d %q", a.Status, a.Body)
					}
					s.wantSaved("")
					s.BreakWrites()
					s.serve(ok, within...)
					a = s.Get()
					if a.Status != 503 || a.Body != "Service Unavailable\n" {
						t.Errorf("not saved: %d %q", a.Status, a.Body)
					}
				})
			})
		}
	}
}

// A deadline that Echo's middleware answers: inside, its 503 is an answer that saves nothing;
// outside, the error has its answer by then.
func TestDeadline(t *testing.T) {
	deadline := middleware.ContextTimeout(time.Millisecond)
	for side, inside := range map[string]bool{"inside": true, "outside": false} {
		t.Run(side, func(t *testing.T) {
			s := newSite(t)
			login := s.login()
			within := []echo.MiddlewareFunc{deadline, s.session}
			if inside {
				within = []echo.MiddlewareFunc{s.session, deadline}
			}
			s.serve(func(c *echo.Context) error {
				set(c, "new")
				<-c.Request().Context().Done()
				return c.Request().Context().Err()
			}, within...)
			want := map[string]int{"inside": 503, "outside": 500}[side]
			if a := s.Get(login); a.Status != want {
				t.Errorf("%d %s", a.Status, a.Body)
			}
			s.wantSaved("old")
		})
	}
}

// A status that a middleware outside has proposed is the one of a handler that says none.
func TestStatusThatIsProposed(t *testing.T) {
	s := newSite(t)
	s.serve(func(c *echo.Context) error {
		set(c, "new")
		_, err := io.WriteString(c.Response(), "made")
		return err
	}, func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			response, err := echo.UnwrapResponse(c.Response())
			if err != nil {
				return err
			}
			response.Status = 201
			return next(c)
		}
	}, s.session)
	s.Want(s.Get(), 201, "made", 1)
}
