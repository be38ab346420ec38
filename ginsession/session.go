package ginsession

import (
	"net/http"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/visit"
)

// State is the session of the request. It is made when it is first asked for, on
// whatever goroutine, as most requests never do; what the request has come to by
// then it is told.
func (r *run) State() *gormsession.State {
	if s := r.state.Load(); s != nil {
		return s
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.make()
}

// make makes the State, if there is none. mu is held.
func (r *run) make() *gormsession.State {
	if s := r.state.Load(); s != nil {
		return s
	}
	s := r.plugin.Adapter().BeginLate(r.Context, r.path, r.cookies, r.keys)
	if r.committed { // as nobody has touched the session this can neither fail nor change the header
		_ = r.plugin.Adapter().Commit(
			s, r.found, http.Header{"Cache-Control": r.control}, r.status, r.carrier,
		)
	}
	if r.over {
		_ = r.plugin.Adapter().End(s)
	}
	r.state.Store(s)
	return s
}

// asked returns the State for the next step in the life of the request, or nil
// where nobody has asked for it and nothing depends on it: then the step is noted.
func (r *run) asked(note func()) *gormsession.State {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state.Load() == nil && r.plugin.Adapter().Idle() {
		note()
		return nil
	}
	return r.make()
}

// Commit saves the session before the header leaves.
func (r *run) Commit(status int, carried bool) error {
	carrier := gormsession.CookieSent
	if !carried {
		carrier = gormsession.NoCookie
	}
	s := r.asked(func() {
		r.committed, r.status, r.carrier = true, status, carrier
		r.control = r.writer.Header()["Cache-Control"]
	})
	if s == nil {
		return nil
	}
	h := r.writer.Header()
	err := visit.Commit(r, r.writer.Unwrap(), h, func() error {
		return r.plugin.Adapter().Commit(s, r.c.Request, h, status, carrier)
	})
	r.guard()
	if err != nil {
		r.report(err)
	}
	return err
}

// Fail answers a commit that failed.
func (r *run) Fail(w http.ResponseWriter, err error) bool {
	done := r.plugin.Adapter().Fail(r.State(), w, r.c.Request, err)
	r.guard()
	return done
}

// finish ends a request whose handler has returned.
func (r *run) finish() error {
	if s := r.asked(func() { r.over = true }); s != nil {
		return r.plugin.Adapter().End(s)
	}
	return nil
}
