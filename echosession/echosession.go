// Package echosession gives the handlers of an Echo application (version 5) sessions that live in
// the application's own database. See the root package for what a session is and for the options.
//
//	const visits = echosession.Field[int]("visits")
//
//	e := echo.New()
//	e.Use(middleware.RequestLogger(), middleware.Recover())
//	e.Use(echosession.New(db))
//	e.GET("/", func(c *echo.Context) error {
//		n := visits.Modify(echosession.Get(c), func(n int) int { return n + 1 })
//		return c.String(http.StatusOK, fmt.Sprintf("visit %d", n))
//	})
//
// There is no Save to forget: the response, up to [gormsession.WithHeldBytes] of its body, is held
// until the handler has returned. Then the session is saved, the cookie is set, and the response
// goes out, or an error in its place. The session is saved earlier, and the response goes out, at
// the first Flush, at a longer body, and when the connection is hijacked. What is changed after
// that is saved when the handler ends, where the session exists already.
//
// # Errors
//
// An error that a handler returns is answered within the session, by the application's
// HTTPErrorHandler, so that what this writes is held as well: a status of 500 and up saves nothing,
// any other one saves. The error is then returned to those outside, as Echo's RequestLogger does
// it, and in the end Echo calls the HTTPErrorHandler once more, with a response that is committed.
// It should ask whether it is, as Echo's documentation says; what it writes then is dropped, unless
// a compressor outside has put its own response back. A middleware that makes another answer of an
// error belongs inside of the session.
//
// An error of 500 and up that comes when the handler has begun to answer with a status below 400
// makes 500 of it, as long as the response is held, and in any case nothing more is saved. A
// handler that has taken the connection, or that streams, saves what it has changed by returning
// nil, or by [State.Save].
//
// The error of a session that is not saved is in the log, and it is answered by
// [gormsession.WithErrorHandler] or in plain text. Then it is returned to those outside, once.
//
// A handler that panics saves nothing, wherever the recovery is mounted.
//
// # Where to mount it
//
// After the logger and the recovery, before whatever uses the session: by Use, on a group or a
// route, or by Pre where a middleware of Pre needs it. Compression may be on either side.
//
// A panic that passes the session takes its key out of the request, for those outside who print it.
// A recovery inside prints before that; where one is needed mount the session once more within it,
// which acts once:
//
//	session := echosession.New(db)
//	e.Use(session, printingRecovery, session)
//
// Handlers of net/http find the session by package httpsession: echo.WrapHandler(h) where h calls
// httpsession.Get. The middleware itself has to be this one: with echo.WrapMiddleware the errors of
// handlers would be answered when the session's part is over.
//
// # What cannot work
//
// Echo's own response takes the first status for the last, also a 103, which has to be sent by the
// writer beneath it; its Flush returns no error, so that a handler hears of a save that failed then
// by its next Write, or by [State.Err]; and it has neither ReadFrom nor Push. A Hijack without a
// response (gorilla/websocket) sends no header of ours: a session that exists is saved, but a new
// one is not made, and with a new key nothing is saved. There is no Hijack once a body was begun.
// Mounted twice with [net/http.TimeoutHandler] in between, the session acts twice.
//
// Echo before version 5 is another module, with another Context. Fiber does not stand on net/http,
// so there is no adapter for it.
package echosession

import (
	"github.com/labstack/echo/v5"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/visit"
)

// The names that nearly every user needs, so that one import is enough.
type (
	// State is a session during one request.
	State = gormsession.State
	// Field is a typed entry of a session.
	Field[T any] = gormsession.Field[T]
	// Option is a setting; the options are in the root package.
	Option = gormsession.Option
)

// New is the middleware for sessions in db. It panics where the options or the database do not
// allow it, and says what to change; [gormsession.New] with [Handler] returns the error instead.
func New(db *gorm.DB, opts ...Option) echo.MiddlewareFunc {
	plugin, err := gormsession.New(db, opts...)
	if err != nil {
		panic(err)
	}
	return Handler(plugin)
}

// Handler is the middleware for a plugin. Mounted twice on a route it acts once. Several plugins on
// a route each have their own session and cookie; [Get] is then the session of the innermost one,
// and [GetFrom] names one. Two that set the same cookie are reported in the log.
func Handler(plugin *gormsession.Plugin) echo.MiddlewareFunc {
	mount := visit.NewMount(plugin, "echosession")
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error { return take(c, mount, next) }
	}
}
