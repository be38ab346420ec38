package passage

import (
	"context"
	"net/http"
	"sync/atomic"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/response"
	"github.com/seed7368b609/gormsession/internal/visit"
)

// A Run is one session on its way through one request.
type Run struct {
	context.Context // of the request as it was found

	plugin *gormsession.Plugin
	state  *gormsession.State
	inside *http.Request // what those inside are given
	writer Writer
	ended  atomic.Bool
	failed error // of the commit

	// What sessions inside have left that answer within this response and that a panic has passed:
	// what they told the client, and whose they are.
	told   http.Header
	passed []*gormsession.Plugin
}

// A Run is a visit.Visit.

func (r *Run) Value(key any) any           { return visit.Value(r, key) }
func (r *Run) Outside() context.Context    { return r.Context }
func (r *Run) Plugin() *gormsession.Plugin { return r.plugin }
func (r *Run) State() *gormsession.State   { return r.state }
func (r *Run) Ended() bool                 { return r.ended.Load() }
func (r *Run) AnswersBy(w http.ResponseWriter) bool {
	return !r.Ended() && r.writer.reach.By(&r.writer, w)
}
func (r *Run) Keep(w http.ResponseWriter, fields http.Header) {
	if !r.Ended() && r.writer.reach.Shares(&r.writer, w) {
		r.writer.Keep(fields)
	}
}
func (r *Run) Passed(plugins []*gormsession.Plugin) { r.passed = append(r.passed, plugins...) }
func (r *Run) Told(fields http.Header)              { r.told = fields }

// begin takes a session through a request from its first to its last moment, and returns what went
// wrong with it.
func begin(
	w http.ResponseWriter, found *http.Request, plugin *gormsession.Plugin, next http.Handler,
) error {
	r := &Run{
		Context: found.Context(), plugin: plugin, state: plugin.Adapter().Begin(asCame(found)),
	}
	r.inside = within(r, found)
	r.writer.run = r
	r.writer.Hold(w, http.StatusOK, plugin.Adapter().HeldBytes(), r)
	defer func() {
		takeBack(found, r.inside)
		r.ended.Store(true)
		r.writer.End()
	}()
	r.through(w, found, next)
	if err := plugin.Adapter().End(r.state); r.failed == nil {
		r.failed = err
	}
	return r.failed
}

// through runs what is mounted inside and lets the response go. A panic is not recovered, so that
// it keeps its stack; runtime.Goexit looks the same.
func (r *Run) through(w http.ResponseWriter, found *http.Request, next http.Handler) {
	returned := false
	defer func() {
		if !returned {
			defer hide(found, r) // also where something of the application's panics once more
			r.abort(w)
		}
	}()
	next.ServeHTTP(&r.writer, r.inside)
	if r.writer.FailedLate() {
		r.abort(w)
	} else {
		r.writer.Finish()
		r.complete()
	}
	returned = true
}

// complete sends a header that tells a key, or the end of one, although no body has come: nobody
// outside can let a shared cache store it then.
func (r *Run) complete() {
	if !r.writer.Written() && r.plugin.Adapter().Tells(r.writer.Header()) {
		r.writer.WriteHeader(r.writer.Status())
	}
}

// Commit saves the session before the header leaves.
func (r *Run) Commit(status int, carried bool) error {
	carrier := gormsession.CookieSent
	if !carried {
		carrier = gormsession.NoCookie
	}
	h := r.writer.Header()
	r.failed = visit.Commit(r, r.writer.Unwrap(), h, func() error {
		return r.plugin.Adapter().Commit(r.state, r.inside, h, status, carrier)
	})
	return r.failed
}

// Fail answers a commit that failed.
func (r *Run) Fail(w http.ResponseWriter, err error) bool {
	return r.plugin.Adapter().Fail(r.state, w, r.inside, err)
}

// abort ends a request whose handler did not return: nothing is saved, also if the request goes on
// outside, by w. What the client is told of the session all the same is told to a session outside
// as well, which drops the header once more.
func (r *Run) abort(w http.ResponseWriter) {
	h := r.writer.Drop()
	found := h.Clone()
	response.Say(h, r.told)
	outer, ok := visit.Innermost(r.Context)
	if ok = ok && outer.AnswersBy(w); ok {
		outer.Passed(passedBy(r))
	}
	r.plugin.Adapter().Abort(r.state, r.inside, h)
	if ok && h != nil {
		outer.Told(response.Said(found, h))
	}
}
