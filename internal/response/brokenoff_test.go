package response

import (
	"net/http"
	"testing"
)

// A handler that has broken off is no success, whatever status it had: what is held goes out with
// the status that says so, and of what has left it is known.
func TestBreakOff(t *testing.T) {
	for name, begin := range map[string]func(w *Writer){
		"nothing":    func(*Writer) {},
		"a status":   func(w *Writer) { w.WriteHeader(202) },
		"a header":   func(w *Writer) { w.WriteHeader(202); w.WriteHeaderNow() },
		"no content": func(w *Writer) { w.WriteHeader(204); w.WriteHeaderNow() },
		"a body":     func(w *Writer) { write(t, w, "abc") },
	} {
		t.Run(name, func(t *testing.T) {
			body := ""
			if name == "a body" {
				body = "abc"
			}
			x := &exchange{handler: func(w *Writer, _ *http.Request) {
				begin(w)
				w.BreakOff(503)
				if w.FailedLate() {
					t.Error("it has not left")
				}
			}}
			x.serve(t).want(t, 503, body, 1, decision{503, true})
		})
	}
	t.Run("flushed", func(t *testing.T) {
		x := &exchange{handler: func(w *Writer, _ *http.Request) {
			write(t, w, "abc")
			w.Flush()
			w.BreakOff(503)
			if !w.FailedLate() {
				t.Error("it is taken for a success")
			}
		}}
		x.serve(t).want(t, 200, "abc", 1, decision{200, true})
	})
}
