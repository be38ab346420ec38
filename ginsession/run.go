package ginsession

import (
	"errors"
	"net"
	"net/http"
	"reflect"
	"sync/atomic"
	"syscall"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
)

// run is one session on its way through one request.
type run struct {
	plugin *gormsession.Plugin
	state  *gormsession.State

	// c is the context that gin lends to the request, and lends to another one
	// later: it is used by the middleware only. Until ended it tells whether
	// somebody else's context is the same one.
	c      *gin.Context
	header http.Header // of the response, by whose identity it is known
	ended  atomic.Bool

	writer writer
}

// begin takes a session through a request from its first to its last moment.
func begin(c *gin.Context, plugin *gormsession.Plugin) {
	r := &run{plugin: plugin, state: plugin.Begin(c.Request), c: c, header: c.Writer.Header()}
	r.writer.Hold(c.Writer, c.Writer.Status(), plugin.HeldBytes(), r)
	request := c.Request
	defer func() {
		// The server removes the files of the form of the request that it knows.
		if request.MultipartForm == nil && c.Request.MultipartForm != nil {
			request.MultipartForm = c.Request.MultipartForm
		}
		r.ended.Store(true)
		r.writer.End()
	}()
	r.through()
	if err := plugin.End(r.state); err != nil {
		_ = c.Error(err)
	}
}

// resume goes on where the router has begun the same response again
// (HandleContext): with the session and the held response as they are. The
// response has to leave at the end, as gin sends the header then.
func (r *run) resume() {
	before := r.writer.beneath()
	r.writer.rebase(r.c.Writer)
	defer r.writer.rebase(before)
	r.through()
}

// answers tells whether w writes to the response that the session is part of,
// through whatever wrappers.
func (r *run) answers(w http.ResponseWriter) bool {
	return reflect.ValueOf(w.Header()).Pointer() == reflect.ValueOf(r.header).Pointer()
}

// through runs what is mounted inside and lets the response go. A panic is not
// recovered, so that it keeps its stack; runtime.Goexit looks the same.
func (r *run) through() {
	c := r.c
	inner, reported := c.Writer, len(c.Errors)
	outer := r.enter(c)
	c.Writer = &r.writer
	returned := false
	defer func() {
		c.Writer = inner // also where a middleware inside has left its own
		if outer != nil {
			c.Set(currentKey{}, outer)
		}
		if !returned {
			r.abort()
		}
	}()
	c.Next()
	if r.brokenOff(reported) || r.writer.FailedLate() {
		r.abort()
		if beneath := r.writer.beneath(); !beneath.Written() {
			beneath.WriteHeader(http.StatusInternalServerError) // whoever is still there must not take it for a success
		}
	} else {
		r.writer.Finish()
	}
	returned = true
}

// enter makes the session the current one of a gin.Context, and returns the one
// that was, of a plugin outside. Where there was none it stays, for reading.
func (r *run) enter(c *gin.Context) (outer *run) {
	outer, _ = lookup(c, currentKey{})
	c.Set(pluginKey{r.plugin}, r)
	c.Set(currentKey{}, r)
	return outer
}

// abort is the end of a request whose handler did not return: nothing is saved,
// also if the request goes on outside.
func (r *run) abort() {
	header := r.writer.Drop()
	r.plugin.Abort(r.state, r.c.Request, header)
}

// brokenOff tells whether a recovery inside has swallowed a panic that says that
// the client is gone: gin's sets no status then, but leaves the error behind. A
// handler that answers with an error of its own has not broken off, and neither
// has one that reports the fault of another connection, such as a database's.
func (r *run) brokenOff(reported int) bool {
	if r.writer.Status() >= http.StatusInternalServerError {
		return false
	}
	for _, report := range r.c.Errors[min(reported, len(r.c.Errors)):] {
		switch err := report.Err; {
		case errors.Is(err, http.ErrAbortHandler):
			return true
		case errors.Is(err, gormsession.ErrUnavailable), errors.Is(err, gormsession.ErrOutcomeUnknown):
		case errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNRESET):
			var op *net.OpError
			if !errors.As(err, &op) || op.Addr == nil || op.Addr.String() == r.c.Request.RemoteAddr {
				return true
			}
		}
	}
	return false
}

// Commit saves the session before the header leaves.
func (r *run) Commit(status int, carried bool) error {
	carrier := gormsession.CookieSent
	if !carried {
		carrier = gormsession.NoCookie
	}
	err := r.plugin.Commit(r.state, r.c.Request, r.writer.Header(), status, carrier)
	if err != nil {
		_ = r.c.Error(err)
	}
	return err
}

// Fail answers a commit that failed.
func (r *run) Fail(w http.ResponseWriter, err error) bool {
	return r.plugin.Fail(r.state, w, r.c.Request, err)
}
