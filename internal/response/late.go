package response

import (
	"net/http"
	"slices"
)

// HoldLate holds and sends a body that comes after the chain, which write writes:
// past a Writer that has sent its response, or is cut off, and is so afterwards.
// What wrappers of it add later, such as the trailer of a compressor that has not
// seen this body, is no part of it.
func (w *Writer) HoldLate(inner http.ResponseWriter, status int, hooks Hooks, write func()) {
	before := *w
	defer func() {
		*w = before
		w.complete = true
	}()
	*w = Writer{}
	w.Hold(inner, status, before.limit, hooks)
	write()
	w.Finish()
}

// PutBack makes fields of the header what they were when the Writer found it.
func (w *Writer) PutBack(names ...string) {
	header := w.inner.Header()
	for _, name := range names {
		if found, ok := w.found[name]; ok {
			header[name] = slices.Clone(found)
		} else {
			delete(header, name)
		}
	}
}
