package echosession

import (
	"context"

	"github.com/labstack/echo/v5"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/visit"
)

// Get returns the session of the request. It never fails: the session is loaded at the first access
// to its data. With several plugins it is that of the innermost one. After the middleware has
// ended, as in the application's error handler, it can still be read. Get panics where the
// middleware is not mounted on the route.
//
// Get may be called from several goroutines at once, and the session itself may be shared. A
// goroutine that outlives the request is not to be given the Context, which Echo lends to another
// request, but the session.
func Get(c *echo.Context) *State {
	at, ok := visit.InnermostAt(c.Request().Context(), c.Response)
	if !ok {
		panic(
			"gormsession: echosession.Get found no session: mount the middleware before the route, " +
				"as in e.Use(echosession.New(db))",
		)
	}
	return visit.Running(at).State()
}

// GetFrom returns the session of one plugin where several are mounted. It panics where that plugin
// is not. Otherwise it is as [Get].
func GetFrom(c *echo.Context, plugin *gormsession.Plugin) *State {
	at, ok := visit.OfAt(c.Request().Context(), c.Response, plugin)
	if !ok {
		panic("gormsession: echosession.GetFrom found no session of this plugin: " +
			"mount it before the route, as in e.Use(echosession.Handler(plugin))")
	}
	return at.State()
}

// From returns the session that belongs to a context, for code that knows no echo: ctx is the
// context of the request, or derived from it. It reports whether there is one.
func From(ctx context.Context) (*State, bool) {
	at, ok := visit.Innermost(ctx)
	if !ok {
		return nil, false
	}
	return visit.Running(at).State(), true
}
