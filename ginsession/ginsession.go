// Package ginsession gives the handlers of a gin router sessions that live in
// the application's own database. See the root package for what a session is
// and for the options.
//
//	const visits = ginsession.Field[int]("visits")
//
//	r := gin.Default()
//	r.Use(ginsession.New(db))
//	r.GET("/", func(c *gin.Context) {
//		s := ginsession.Get(c)
//		n := visits.Modify(s, func(n int) int { return n + 1 })
//		c.String(200, "visit %d", n)
//	})
//
// There is no Save to forget: the response, up to [gormsession.WithHeldBytes] of
// its body, is held until the handler has returned. Then the session is saved,
// the cookie is set, and the response goes out, or an error in its place. The
// session is saved earlier, and the response goes out, at the first Flush (so
// with c.Stream and server-sent events), at a longer body, and when the
// connection is hijacked. What is changed after that is saved when the handler
// ends, where the session exists already.
//
// A handler that panics saves nothing, wherever the recovery is mounted; nor
// does a response with a status of 500 and up.
//
// # Where to mount it
//
// After the recovery and the logger (gin.Default has both), before whatever uses
// the session. Compression may be on either side; inside is better, as gzip
// outside deletes the Vary header of error responses. A middleware outside that
// writes a response before it calls c.Next leaves no room for a cookie, and one
// that writes after it adds nothing to the answer of a save that has failed, nor
// to a response that had left before: answer in your own form by
// [gormsession.WithErrorHandler].
//
// gin's recovery prints the request, in debug mode at each panic and else where
// the connection is broken. A panic that passes the session takes its key out of
// what is printed. A recovery inside prints before that; where one is needed mount
// the session once more within it, which acts once:
//
//	session := ginsession.New(db)
//	r.Use(session, gin.CustomRecovery(page), session)
//
// Handlers of net/http find the session by package httpsession: gin.WrapH(h) where h calls
// httpsession.Get. Its middleware around the router will do too, and is the same session with this
// one mounted inside; then errors of the session are not among those of the router.
//
// # What cannot work
//
// c.Stream within httpsession, under [net/http.TimeoutHandler], and in tests with a plain
// [net/http/httptest.ResponseRecorder]: gin panics, as these have no
// CloseNotify. A Hijack without a response (gorilla/websocket) sends no header
// of ours: a session that exists is saved, but a new one is not made, and with a
// new key nothing is saved. Where [net/http.TimeoutHandler] has fired, the session
// is saved all the same, as it is for a client that left. 103 Early Hints do not
// pass a middleware outside that hides the writer beneath it.
package ginsession

import (
	"net/http"

	"github.com/gin-gonic/gin"
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

// New is the middleware for sessions in db. It panics where the options or the
// database do not allow it, and says what to change; [gormsession.New] with
// [Handler] returns the error instead.
func New(db *gorm.DB, opts ...Option) gin.HandlerFunc {
	plugin, err := gormsession.New(db, opts...)
	if err != nil {
		panic(err)
	}
	return Handler(plugin)
}

// Handler is the middleware for a plugin. Mounted twice on a route it acts once.
// Several plugins on a route each have their own session and cookie; [Get] is
// then the session of the innermost one, and [GetFrom] names one. Two that set the
// same cookie are reported in the log.
func Handler(plugin *gormsession.Plugin) gin.HandlerFunc {
	mount := visit.NewMount(plugin, "ginsession")
	return func(c *gin.Context) {
		v, mounted := mount.Before(contextOf(c), c.Writer)
		r, ours := v.(*run)
		switch {
		case !mounted || v.Ended():
			begin(c, plugin, r)
		case v.AnswersBy(c.Writer): // it answers within the response
			again(c, v)
		case ours && r.c == c: // the router has begun the same response again
			r.resume()
		default:
			begin(c, plugin, nil)
		}
	}
}

// Loaded is a middleware for routes that are guarded by what the session holds,
// to be mounted after the session's own and before the guard. It loads the
// session first, and where that fails the response is the error's (503) and no
// handler runs. Without it a guard sees an empty session then, and the response
// that it writes is replaced.
func Loaded(c *gin.Context) {
	if err := Get(c).Load(); err != nil {
		// The error sticks to the session, so the commit answers it; the status
		// is for an error handler that leaves the answer to us.
		c.AbortWithStatus(http.StatusServiceUnavailable)
	}
}
