package passage

import (
	"context"
	"net/http"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/response"
)

// A Run is found under the key of its plugin in the context of its request, and the innermost one
// under currentKey as well.
type (
	pluginKey  struct{ plugin *gormsession.Plugin }
	currentKey struct{}
)

// Value makes the Run a context.Context that finds itself.
func (r *Run) Value(key any) any {
	if r.answersTo(key) {
		return r
	}
	if r.plugin.Adapter().Asks(key) {
		return r.state
	}
	return r.Context.Value(key)
}

func (r *Run) answersTo(key any) bool {
	switch key := key.(type) {
	case currentKey:
		return true
	case pluginKey:
		return key.plugin == r.plugin
	}
	return false
}

// outer is the Run that this one is within.
func (r *Run) outer() (*Run, bool) { return Innermost(r.Context) }

// entered is the context of a request whose session is that of a Run outside, although another
// plugin's lies between.
type entered struct {
	context.Context
	run *Run
}

func (e entered) Value(key any) any {
	if e.run.answersTo(key) {
		return e.run
	}
	return e.Context.Value(key)
}

// Innermost is the innermost Run of a context that belongs to a request.
func Innermost(ctx context.Context) (*Run, bool) {
	r, ok := ctx.Value(currentKey{}).(*Run)
	return r, ok
}

// Of is the Run of a plugin.
func Of(ctx context.Context, plugin *gormsession.Plugin) (*Run, bool) {
	r, ok := ctx.Value(pluginKey{plugin}).(*Run)
	return r, ok
}

// InnermostAt is Innermost for those who have the writer too: it finds the Run also where somebody
// inside has given the request a context of his own making.
func InnermostAt(w http.ResponseWriter, request *http.Request) (*Run, bool) {
	return find(w, request, currentKey{})
}

// OfAt is Of, as InnermostAt is Innermost.
func OfAt(
	w http.ResponseWriter, request *http.Request, plugin *gormsession.Plugin,
) (*Run, bool) {
	return find(w, request, pluginKey{plugin})
}

// find looks for a Run in the context of the request, and else beneath its writer.
func find(w http.ResponseWriter, request *http.Request, key any) (*Run, bool) {
	if r, ok := request.Context().Value(key).(*Run); ok {
		return r, true
	}
	for at := range response.Wrapped(w) {
		if at, ok := at.(*Writer); ok && at.run.answersTo(key) {
			return at.run, true
		}
	}
	return nil, false
}
