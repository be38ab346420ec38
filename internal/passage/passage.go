// Package passage takes sessions through requests of net/http, from the first moment of a request
// to its last, for the adapters whose handlers are those of net/http or stand on them.
package passage

import (
	"net/http"

	"github.com/seed7368b609/gormsession/internal/visit"
)

// Serve has next answer within a session, and returns the error of the session that nobody else has
// heard of but the log. Next is given a [Writer], or w itself where the session is there already,
// as its middleware is mounted a second time.
func Serve(
	mount *visit.Mount, w http.ResponseWriter, request *http.Request, next http.Handler,
) error {
	if v, mounted := mount.Before(request.Context(), w); mounted && v.AnswersBy(w) {
		again(v, w, request, next)
		return nil
	}
	return begin(w, request, mount.Plugin, next)
}

// again goes on where the session is mounted a second time within its own response.
func again(v visit.Visit, w http.ResponseWriter, found *http.Request, next http.Handler) {
	ctx := found.Context()
	at, ok := visit.Innermost(ctx)
	if at != v {
		ctx = visit.Enter(ctx, v)
	}
	inside := within(ctx, found)
	defer takeBack(found, inside)
	returned := false
	defer func() {
		if returned {
			return
		}
		hide(found, v)
		if ok && at != v && at.AnswersBy(w) {
			at.Passed(passedBy(v))
		}
	}()
	next.ServeHTTP(w, inside)
	returned = true
}
