package ginsession

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/visit"
)

// run is one session on its way through one request.
type run struct {
	context.Context // of the request as it was found

	plugin  *gormsession.Plugin
	found   *http.Request
	inside  http.Request // the same in the context of the run, for those inside
	path    string       // of its URL
	cookies []string     // the lines of its Cookie header
	keys    []string     // those of its header with the key, see gormsession.WithKeyHeader

	// c is the context that gin lends to the request, and lends to another one
	// later: it is used by the middleware only. Until ended it tells whether
	// somebody else's context is the same one.
	c     *gin.Context
	ended atomic.Bool

	state     atomic.Pointer[gormsession.State]
	mu        sync.Mutex // guards the making of state, and what it is told then
	committed bool
	reported  bool // an error of ours, to the router
	over      bool
	status    int
	carrier   gormsession.Carrier
	control   []string // the lines of the Cache-Control header that has left

	writer writer
	after  *aftermath // nil as a rule
}

// aftermath is what a panic leaves to whoever runs after it.
type aftermath struct {
	hidden http.Header // what hide has taken away, here or in an earlier run
	told   http.Header // by sessions inside, which the panic has passed
	passed []*gormsession.Plugin
}

func (r *run) aftermath() *aftermath {
	if r.after == nil {
		r.after = &aftermath{}
	}
	return r.after
}

// begin takes a session through a request from its first to its last moment. The
// request is replaced before anybody inside has seen it, and not put back, as
// others may be reading it by then. before is an earlier run of the same plugin.
func begin(c *gin.Context, plugin *gormsession.Plugin, before *run) {
	request := c.Request
	if request.ContentLength < 0 && request.Trailer == nil {
		// The server puts a trailer that was not announced into the request that it
		// knows: there has to be a map that the copy shares.
		request.Trailer = http.Header{}
	}
	r := &run{
		Context: request.Context(), plugin: plugin, c: c,
		found: request, path: request.URL.Path, cookies: request.Header["Cookie"],
	}
	if name := plugin.KeyHeader(); name != "" {
		r.keys = request.Header[name]
	}
	if before != nil && before.after != nil {
		hidden := before.after.hidden
		r.after = &aftermath{hidden: hidden}
		r.cookies = slices.Concat(r.cookies, hidden["Cookie"])
		r.keys = slices.Concat(r.keys, hidden[plugin.KeyHeader()])
	}
	r.inside = *request.WithContext(r)
	c.Request = &r.inside
	r.writer.run = r
	r.writer.Hold(c.Writer, c.Writer.Status(), plugin.Adapter().HeldBytes(), r)
	defer func() {
		// The server removes the files of the form of the request that it knows.
		if request.MultipartForm == nil && c.Request.MultipartForm != nil {
			request.MultipartForm = c.Request.MultipartForm
		}
		r.ended.Store(true)
		r.writer.End()
	}()
	r.through()
	if err := r.finish(); err != nil {
		r.report(err)
	}
	if _, is := c.Writer.(complete); !is && r.reported && c.Writer.Written() {
		c.Writer = complete{c.Writer}
	}
}

// report adds an error of ours to those of the router, for whoever logs them.
func (r *run) report(err error) {
	r.reported = true
	_ = r.c.Error(err)
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

// again goes on where the session is mounted a second time, be it by another
// router that answers within the response.
func again(c *gin.Context, v visit.Visit) {
	r, ours := v.(*run)
	if at, _ := visit.InnermostAt(contextOf(c), writerOf(c)); at != v && !(ours && r.c == c) {
		c.Request = c.Request.WithContext(visit.Enter(c.Request.Context(), v))
	}
	returned := false
	defer func() {
		switch {
		case returned:
		case ours:
			r.hide(c)
		default:
			hide(c, v.Plugin())
		}
	}()
	c.Next()
	returned = true
}

// through runs what is mounted inside and lets the response go. A panic is not
// recovered, so that it keeps its stack; runtime.Goexit looks the same.
func (r *run) through() {
	c := r.c
	outer, reported := c.Writer, len(c.Errors)
	c.Writer = &r.writer
	returned := false
	defer func() {
		if !returned {
			c.Writer = outer
			defer r.hide(c) // also where something of the application's panics once more
			r.abort()
		}
	}()
	c.Next()
	if r.brokenOff(reported) || r.writer.FailedLate() {
		c.Writer = outer
		r.abort()
		if !outer.Written() {
			// Whoever is still there must not take it for a success.
			outer.WriteHeader(http.StatusInternalServerError)
		}
	} else {
		r.writer.Finish() // what writes from inside of a save finds the writer that it knows
		c.Writer = r.outside(outer, c.Writer)
	}
	returned = true
}

// brokenOff tells whether a recovery inside has swallowed a panic that says that
// the client is gone: gin's sets no status then, but leaves the error behind, and
// aborts. A handler that answers with an error of its own has not broken off, and
// neither has one that reports the fault of another connection, such as a
// database's, or of a pipe.
func (r *run) brokenOff(reported int) bool {
	if r.writer.Status() >= http.StatusInternalServerError {
		return false
	}
	for _, report := range r.c.Errors[min(reported, len(r.c.Errors)):] {
		switch err := report.Err; {
		case errors.Is(err, http.ErrAbortHandler):
			return true
		case errors.Is(err, gormsession.ErrUnavailable),
			errors.Is(err, gormsession.ErrOutcomeUnknown):
		case errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNRESET):
			var op *net.OpError
			known := errors.As(err, &op) && op.Addr != nil
			if known && op.Addr.String() == r.c.Request.RemoteAddr || !known && r.c.IsAborted() {
				return true
			}
		}
	}
	return false
}
