package response

import "net/http"

// The writer beneath is asked for what it can do rather than for its type: this
// package knows gin's writer by its methods only.

// deferring is a writer that remembers the status until it is told to send it.
type deferring interface{ WriteHeaderNow() }

type unwrapper interface{ Unwrap() http.ResponseWriter }

func writeHeaderNow(w http.ResponseWriter) {
	if w, ok := w.(deferring); ok {
		w.WriteHeaderNow()
	}
}

func flush(w http.ResponseWriter) error { return http.NewResponseController(w).Flush() }

// left tells whether the header has left beneath us: a middleware outside wrote
// before us, or somebody unwrapped. A held response that was written has not.
func left(w http.ResponseWriter) bool {
	switch w := w.(type) {
	case interface{ Held() bool }:
		return !w.Held()
	case interface{ Written() bool }:
		return w.Written()
	}
	return false
}

// immediate finds the first writer that does not remember the status, or nil
// where a wrapper hides it.
func immediate(w http.ResponseWriter) http.ResponseWriter {
	for {
		if _, ok := w.(deferring); !ok {
			return w
		}
		wrapper, ok := w.(unwrapper)
		if !ok {
			return nil
		}
		w = wrapper.Unwrap()
	}
}

// hijackable tells whether Hijack has something to call. gin's writer has the
// method always, and panics where the writer beneath it has not.
func hijackable(w http.ResponseWriter) bool {
	for {
		_, ok := w.(http.Hijacker)
		wrapper, wraps := w.(unwrapper)
		if _, defers := w.(deferring); !wraps || ok && !defers {
			return ok
		}
		w = wrapper.Unwrap()
	}
}
