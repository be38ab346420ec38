// Package httpsession gives handlers of net/http sessions that live in the application's own
// database: with the standard library's mux, with chi, and with whatever else takes a
// func(http.Handler) http.Handler for a middleware. See the root package for what a session is and
// for the options.
//
//	const visits = httpsession.Field[int]("visits")
//
//	mux := http.NewServeMux()
//	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
//		s := httpsession.Get(r)
//		n := visits.Modify(s, func(n int) int { return n + 1 })
//		fmt.Fprintf(w, "visit %d", n)
//	})
//	session := httpsession.New(db)
//	log.Fatal(http.ListenAndServe("127.0.0.1:8080", session(mux)))
//
// There is no Save to forget: the response, up to [gormsession.WithHeldBytes] of its body, is held
// until the handler has returned. Then the session is saved, the cookie is set, and the response
// goes out, or an error in its place. The session is saved earlier, and the response goes out, at
// the first Flush, at a longer body, and when the connection is hijacked. What is changed after
// that is saved when the handler ends, where the session exists already.
//
// A handler that panics saves nothing, wherever it is recovered; nor does a response with a status
// of 500 and up. Such a status counts as long as the response is held, also after another one.
//
// # Where to mount it
//
// Inside of what logs and recovers, outside of what uses the session. Compression and
// [net/http.TimeoutHandler] may be on either side: where it has fired outside, the session is saved
// all the same, as it is for a client that left; inside, its 503 is an answer that saves nothing.
//
// A panic that passes the session takes its key out of the request that the session was given, for
// recoveries that print it. One that prints a copy of the request, or is mounted inside, prints
// the key, unless the session is mounted once more within it, which acts once:
//
//	handler = session(recovery(session(handler)))
//
// In an application of Gin or Echo, [Get] finds the session of their adapters for handlers of
// net/http.
//
// # What cannot work
//
// net/http has no place where the errors of a request are collected: those of a session are in the
// log and in [State.Err]. A writer of net/http does not say whether its header has left: a
// middleware outside that sends a header before it calls us leaves no room for a cookie, and the
// session is saved all the same. What a middleware outside puts into the header once a panic has
// passed the session is not seen: a recovery that has its page cached in public would have the end
// of a session cached with it.
//
// A header may be changed until it leaves, also after WriteHeader; so a trailer that was declared,
// and is set before, goes out with the header too. A Hijack without a response (gorilla/websocket)
// sends no header of ours: a session that exists is saved, but a new one is not made, and with a
// new key nothing is saved. There is no Hijack once a body was begun, and no CloseNotify: the
// request's context ends when the client leaves. [net/http.MaxBytesReader] does not close the
// connection; [net/http.MaxBytesHandler] outside of the session does.
package httpsession

import (
	"net/http"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/passage"
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
func New(db *gorm.DB, opts ...Option) func(http.Handler) http.Handler {
	plugin, err := gormsession.New(db, opts...)
	if err != nil {
		panic(err)
	}
	return Handler(plugin)
}

// Handler is the middleware for a plugin. Mounted twice on a route it acts once. Several plugins on
// a route each have their own session and cookie; [Get] is then the session of the innermost one,
// and [GetFrom] names one. Two that set the same cookie are reported in the log.
func Handler(plugin *gormsession.Plugin) func(http.Handler) http.Handler {
	mount := visit.NewMount(plugin, "httpsession")
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = passage.Serve(mount, w, r, next) // it is in the log, and nobody else is there to hear it
		})
	}
}
