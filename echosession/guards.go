package echosession

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v5"
)

// Loaded is a middleware for routes that are guarded by what the session holds, to be mounted after
// the session's own and before the guard. It loads the session first, and where that fails the
// response is the error's (503) and no handler runs. Without it a guard sees an empty session then,
// and the response that it writes is replaced.
func Loaded(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		if Get(c).Load() != nil {
			return unavailable(c)
		}
		return next(c)
	}
}

// unavailable answers where the session cannot be loaded. The error sticks to the session, so the
// commit answers it, and returns it; the status is for an error handler that leaves the answer to
// us.
func unavailable(c *echo.Context) error { return c.NoContent(http.StatusServiceUnavailable) }

// RequireFresh is a middleware for routes that need the password again: it lets a request pass
// whose user has logged in by State.LogIn within d. Otherwise it runs otherwise, such as a redirect
// to the page that asks for the password, and no handler behind it; without one the error is
// [echo.ErrUnauthorized] where nobody has logged in, and [echo.ErrForbidden]. A session that cannot
// be loaded is 503, as with [Loaded].
func RequireFresh(d time.Duration, otherwise ...echo.HandlerFunc) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			s := Get(c)
			switch {
			case s.Load() != nil:
				return unavailable(c)
			case s.IsFresh(d):
				return next(c)
			}
			for _, handler := range otherwise {
				if err := handler(c); err != nil {
					return err
				}
			}
			switch {
			case len(otherwise) > 0:
				return nil
			case s.UserID() == "":
				return echo.ErrUnauthorized
			default:
				return echo.ErrForbidden
			}
		}
	}
}
