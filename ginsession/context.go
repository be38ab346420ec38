package ginsession

import (
	"context"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/response"
)

// A run is the context of its request from the moment the middleware is entered,
// so it is found wherever the request goes: in a c.Copy, in another router, in a
// context that was derived from it. Nothing is kept in the gin.Context, which its
// owner alone may change.
//
// A run is found under the key of its plugin, and the innermost one under
// currentKey as well.
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
		return r.session()
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

// entered is the context of a request whose session is that of a run outside,
// although another plugin's lies between.
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

// find looks for a run in the context of the request, and else, where somebody
// inside has given the request a context of his own making, beneath c.Writer.
func find(c *gin.Context, key any) (*run, bool) {
	if c.Request != nil {
		if r, ok := c.Request.Context().Value(key).(*run); ok {
			return r, true
		}
	}
	for w := range response.Wrapped(c.Writer) {
		if w, ok := w.(*writer); ok && w.run.answersTo(key) {
			return w.run, true
		}
	}
	return nil, false
}

// current is the run whose session is meant where no plugin is named: for the
// gin.Context of the request the innermost one that has not ended, and for a copy,
// which belongs to other goroutines, always that of the place where it was taken.
func current(c *gin.Context) (*run, bool) {
	r, ok := find(c, currentKey{})
	if ok && r.c == c {
		r = r.running()
	}
	return r, ok
}

// running is the innermost run, from this one outwards, that has not ended, and
// this one where all have.
func (r *run) running() *run {
	for at, ok := r, true; ok; at, ok = at.Context.Value(currentKey{}).(*run) {
		if !at.ended.Load() {
			return at
		}
	}
	return r
}
