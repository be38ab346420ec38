package httpsession

import (
	"context"
	"net/http"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/visit"
)

// Get returns the session of the request that a handler was given, or of one with a context that is
// derived from its own. It never fails: the session is loaded at the first access to its data. With
// several plugins it is that of the innermost one. After the middleware has ended it can still be
// read. Get panics where the middleware is not mounted on the route.
//
// Get may be called from several goroutines at once, and the session itself may be shared.
func Get(r *http.Request) *State {
	s, ok := From(r.Context())
	if !ok {
		panic(
			"gormsession: httpsession.Get found no session: wrap the handler, as in " +
				"http.ListenAndServe(addr, session(mux)) with session := httpsession.New(db), and " +
				"give Get the request that the handler was called with",
		)
	}
	return s
}

// GetFrom returns the session of one plugin where several are mounted. It panics where that plugin
// is not. Otherwise it is as [Get].
func GetFrom(r *http.Request, plugin *gormsession.Plugin) *State {
	at, ok := visit.Of(r.Context(), plugin)
	if !ok {
		panic("gormsession: httpsession.GetFrom found no session of this plugin: " +
			"wrap the handler, as in httpsession.Handler(plugin)(mux)")
	}
	return at.State()
}

// From returns the session that belongs to a context, for code that knows no request: ctx is the
// context of one, or derived from it. It reports whether there is one.
func From(ctx context.Context) (*State, bool) {
	at, ok := visit.Innermost(ctx)
	if !ok {
		return nil, false
	}
	return at.State(), true
}
