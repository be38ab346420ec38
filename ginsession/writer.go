package ginsession

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/internal/response"
	"github.com/seed7368b609/gormsession/internal/visit"
)

// writer is the held response as gin wants to see it.
type writer struct {
	response.Writer
	run   *run
	reach response.Reach
}

var _ gin.ResponseWriter = (*writer)(nil)

// Visit is whose response this is.
func (w *writer) Visit() visit.Visit { return w.run }

// Header is the header of the writer beneath, edited in place.
func (w *writer) Header() http.Header {
	header := w.Writer.Header()
	w.reach.Shown(header)
	return header
}

// WriteHeader remembers the status. What is no status the server would refuse when the session is
// saved already, so this panics as the server does.
func (w *writer) WriteHeader(code int) {
	if code > 0 && code < 100 || code > 999 {
		panic(fmt.Sprintf("invalid WriteHeader code %v", code))
	}
	w.Writer.WriteHeader(code)
}

// CloseNotify is for c.Stream. gin panics where the server's writer has none.
func (w *writer) CloseNotify() <-chan bool { return w.beneath().CloseNotify() }

// Pusher is nil where the connection cannot push.
func (w *writer) Pusher() http.Pusher {
	w.reach.Pushes("")
	return w.beneath().Pusher()
}

// Push is for those of net/http that do not know Pusher, such as http.TimeoutHandler.
func (w *writer) Push(target string, opts *http.PushOptions) error {
	if w.reach.Pushes(target) {
		return http.ErrNotSupported
	}
	if pusher := w.beneath().Pusher(); pusher != nil {
		return pusher.Push(target, opts)
	}
	return http.ErrNotSupported
}

func (w *writer) beneath() gin.ResponseWriter { return w.Unwrap().(gin.ResponseWriter) }

func (w *writer) rebase(beneath gin.ResponseWriter) { w.Rebase(beneath, beneath.Status()) }
