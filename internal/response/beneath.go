package response

import (
	"iter"
	"net/http"
	"reflect"
	"sync"
)

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

func flush(w http.ResponseWriter) error {
	switch innermost(w).(type) {
	case http.Flusher, interface{ FlushError() error }:
		return http.NewResponseController(w).Flush()
	}
	return http.ErrNotSupported
}

// left tells whether the header has left beneath us: a middleware outside wrote
// before us, or somebody unwrapped. A response that was written to one that is held
// has not.
func left(w http.ResponseWriter) (written bool) {
	for ; w != nil; w = beneath(w) {
		switch at := w.(type) {
		case interface{ Held() bool }:
			return !at.Held()
		case interface{ Written() bool }:
			if written = written || at.Written(); !written {
				return false
			}
		}
	}
	return written
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

// hijackable tells whether Hijack has something to call.
func hijackable(w http.ResponseWriter) bool {
	_, ok := innermost(w).(http.Hijacker)
	return ok
}

// innermost is the writer that counts, as far as can be seen, for what the writers of frameworks
// have a method always: Echo's panics where there is nothing to flush.
func innermost(w http.ResponseWriter) http.ResponseWriter {
	for wrapper, ok := w.(unwrapper); ok; wrapper, ok = w.(unwrapper) {
		w = wrapper.Unwrap()
	}
	return w
}

// lastDeferring is the writer, of those that remember the status, that is next to
// the server's own, as far as can be seen. It is nil where there is none.
func lastDeferring(w http.ResponseWriter) (last http.ResponseWriter) {
	for at := range Wrapped(w) {
		if _, ok := at.(deferring); ok {
			last = at
		}
	}
	return last
}

// Wrapped yields a writer and those that it wraps, one after the other down to the
// server's own, as far as they can be seen.
func Wrapped(w http.ResponseWriter) iter.Seq[http.ResponseWriter] {
	return func(yield func(http.ResponseWriter) bool) {
		for ; w != nil && yield(w); w = beneath(w) {
		}
	}
}

// beneath is what a writer wraps: what it unwraps to, or what a wrapper of gin's
// writer embeds under the usual name. It is nil where neither can be seen.
func beneath(w http.ResponseWriter) http.ResponseWriter {
	if w, ok := w.(unwrapper); ok {
		return w.Unwrap()
	}
	if _, ok := w.(deferring); !ok {
		return nil
	}
	field, ok := Embedded(w)
	if !ok || !field.CanInterface() {
		return nil
	}
	inner, _ := field.Interface().(http.ResponseWriter)
	return inner
}

// Embedded is the field in which a writer keeps the one that it wraps, under the usual
// name.
func Embedded(w http.ResponseWriter) (field reflect.Value, ok bool) {
	v := reflect.Indirect(reflect.ValueOf(w))
	if v.Kind() != reflect.Struct {
		return v, false
	}
	index := embedding(v.Type())
	if index == nil {
		return v, false
	}
	field, err := v.FieldByIndexErr(index)
	return field, err == nil
}

// embedding is where a type has that field, nil if it has none. It is looked for once.
func embedding(t reflect.Type) []int {
	index, ok := embeddings.Load(t)
	if !ok {
		named, _ := t.FieldByName("ResponseWriter")
		index, _ = embeddings.LoadOrStore(t, named.Index)
	}
	return index.([]int)
}

var embeddings sync.Map // from reflect.Type to []int
