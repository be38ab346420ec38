package echosession_test

import (
	"errors"
	"log/slog"
	"net/http"
	"os"
	"testing"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/echosession"
	"github.com/seed7368b609/gormsession/internal/suite"
)

func TestMain(m *testing.M) { os.Exit(suite.Main(m, onEcho)) }

// onEcho is Echo as the suite knows it.
var onEcho = suite.Adapter{
	Gorm: "prepared",
	Mount: func(app suite.Application) http.Handler {
		e := echo.New()
		e.Logger = slog.New(slog.DiscardHandler)
		e.Use(middleware.Recover(), func(next echo.HandlerFunc) echo.HandlerFunc {
			return func(c *echo.Context) error {
				var errs []error
				defer func() { app.Told(errs) }()
				err := next(c)
				if page := (pageError{}); err != nil && !errors.As(err, &page) {
					errs = append(errs, err) // of the session
				}
				return err
			}
		}, echosession.Handler(app.Plugin))
		e.Any("/*", func(c *echo.Context) (err error) {
			get := func() *gormsession.State { return echosession.Get(c) }
			app.Page(&suite.Call{Request: c.Request(), Writer: writer{c.Response(), &err}, Get: get})
			return err
		})
		return e
	},
}

// A writer is Echo's response for pages that have another status once they have answered. Echo
// drops it; what is said in its place is an error that the handler returns.
type writer struct {
	http.ResponseWriter
	err *error
}

func (w writer) WriteHeader(code int) {
	if r, _ := echo.UnwrapResponse(w.ResponseWriter); r.Committed && code >= 500 {
		*w.err = pageError{code}
		return
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// pageError is an error that a page returns.
type pageError struct{ code int }

func (e pageError) Error() string   { return http.StatusText(e.code) }
func (e pageError) StatusCode() int { return e.code }

// What every adapter has to show, Echo shows.
func TestSuite(t *testing.T) { suite.Exercise(t, onEcho) }

func FuzzCookie(f *testing.F) { suite.FuzzCookie(f, onEcho) }
