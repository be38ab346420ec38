package ginsession

import (
	"net/http"
	"sync/atomic"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/internal/response"
)

// writer is the held response as gin wants to see it.
type writer struct {
	response.Writer
	run *run

	asking, reached atomic.Bool // see reachedBy
}

var _ gin.ResponseWriter = (*writer)(nil)

// Header is the header of the writer beneath, edited in place.
func (w *writer) Header() http.Header {
	w.answer()
	return w.Writer.Header()
}

// CloseNotify is for c.Stream. gin panics where the server's writer has none.
func (w *writer) CloseNotify() <-chan bool { return w.beneath().CloseNotify() }

// Pusher is nil where the connection cannot push.
func (w *writer) Pusher() http.Pusher {
	w.answer()
	return w.beneath().Pusher()
}

func (w *writer) beneath() gin.ResponseWriter { return w.Unwrap().(gin.ResponseWriter) }

func (w *writer) rebase(beneath gin.ResponseWriter) { w.Rebase(beneath, beneath.Status()) }

// reachedBy tells whether what is written to other comes here: it is this writer,
// or a wrapper of it. A wrapper need not show what it wraps, but passes a call on.
func (w *writer) reachedBy(other gin.ResponseWriter) bool {
	for at := range response.Wrapped(other) {
		if at == w {
			return true
		}
	}
	w.asking.Store(true)
	defer w.asking.Store(false)
	w.reached.Store(false)
	other.Header()
	other.Pusher() // for those with a header of their own
	return w.reached.Load()
}

func (w *writer) answer() {
	if w.asking.Load() {
		w.reached.Store(true)
	}
}
