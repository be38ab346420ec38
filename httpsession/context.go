package httpsession

import (
	"context"
	"net/http"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/response"
)

// A run is found under the key of its plugin in the context of its request, and the innermost one
// under currentKey as well.
type (
	pluginKey  struct{ plugin *gormsession.Plugin }
	currentKey struct{}
)

// Value makes the run a context.Context that finds itself.
func (r *run) Value(key any) any {
	if r.answersTo(key) {
		return r
	}
	if r.plugin.Adapter().Asks(key) {
		return r.state
	}
	return r.Context.Value(key)
}

func (r *run) answersTo(key any) bool {
	switch key := key.(type) {
	case currentKey:
		return true
	case pluginKey:
		return key.plugin == r.plugin
	}
	return false
}

// outer is the run that this one is within.
func (r *run) outer() (*run, bool) {
	outer, ok := r.Context.Value(currentKey{}).(*run)
	return outer, ok
}

// entered is the context of a request whose session is that of a run outside, although another
// plugin's lies between.
type entered struct {
	context.Context
	run *run
}

func (e entered) Value(key any) any {
	if e.run.answersTo(key) {
		return e.run
	}
	return e.Context.Value(key)
}

// find looks for a run in the context of the request, and else, where somebody inside has given the
// request a context of his own making, beneath its writer.
func find(w http.ResponseWriter, request *http.Request, key any) (*run, bool) {
	if r, ok := request.Context().Value(key).(*run); ok {
		return r, true
	}
	for at := range response.Wrapped(w) {
		if at, ok := at.(*writer); ok && at.run.answersTo(key) {
			return at.run, true
		}
	}
	return nil, false
}
