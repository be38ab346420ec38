package passage

import (
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/seed7368b609/gormsession/internal/response"
)

// A Writer is the held response as net/http has it.
type Writer struct {
	response.Writer
	run *Run

	asking, reached atomic.Bool // see reachedBy
}

// Header is the header of the writer beneath, edited in place.
func (w *Writer) Header() http.Header {
	w.answer()
	return w.Writer.Header()
}

// WriteHeader completes the header: another status counts from 500 on only, see
// [response.Writer.WriteHeader]. As the server does it panics at what is no status, before anything
// is saved.
func (w *Writer) WriteHeader(code int) {
	if code < 100 || code > 999 {
		panic(fmt.Sprintf("invalid WriteHeader code %v", code))
	}
	w.Writer.WriteHeader(code)
	w.WriteHeaderNow()
}

// Push is passed on, where the connection can push.
func (w *Writer) Push(target string, opts *http.PushOptions) error {
	if w.answer() {
		return http.ErrNotSupported
	}
	for at := range response.Wrapped(w.Unwrap()) {
		if pusher, ok := at.(http.Pusher); ok {
			return pusher.Push(target, opts)
		}
	}
	return http.ErrNotSupported
}

// reachedBy tells whether what is written to other comes here: it is this writer, or a wrapper of
// it. A wrapper need not show what it wraps, but passes a call on.
func (w *Writer) reachedBy(other http.ResponseWriter) bool {
	for at := range response.Wrapped(other) {
		if at == w {
			return true
		}
	}
	w.asking.Store(true)
	defer w.asking.Store(false)
	w.reached.Store(false)
	other.Header()
	if pusher, ok := other.(http.Pusher); ok {
		// For those with a header of their own, as http.TimeoutHandler's. No server pushes this.
		_ = pusher.Push("", nil)
	}
	return w.reached.Load()
}

// answer notes that a question of reachedBy has come here, if it is one.
func (w *Writer) answer() bool {
	asked := w.asking.Load()
	if asked {
		w.reached.Store(true)
	}
	return asked
}
