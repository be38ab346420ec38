package passage

import (
	"fmt"
	"net/http"

	"github.com/seed7368b609/gormsession/internal/response"
	"github.com/seed7368b609/gormsession/internal/visit"
)

// A Writer is the held response as net/http has it.
type Writer struct {
	response.Writer
	run   *Run
	reach response.Reach
}

// Visit is whose response this is.
func (w *Writer) Visit() visit.Visit { return w.run }

// Header is the header of the writer beneath, edited in place.
func (w *Writer) Header() http.Header {
	header := w.Writer.Header()
	w.reach.Shown(header)
	return header
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
	if w.reach.Pushes(target) {
		return http.ErrNotSupported
	}
	for at := range response.Wrapped(w.Unwrap()) {
		if pusher, ok := at.(http.Pusher); ok {
			return pusher.Push(target, opts)
		}
	}
	return http.ErrNotSupported
}
