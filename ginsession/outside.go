package ginsession

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// outside is the writer for what is outside of the session once the response has
// been let go: the one that was there before, unless the response was replaced, or
// a middleware inside has left a writer of its own and the body is yet to come.
func (r *run) outside(before, left gin.ResponseWriter) gin.ResponseWriter {
	_, inner := left.(complete)
	switch {
	case inner, r.writer.Replaced():
		return complete{before}
	case left == &r.writer, before.Written():
		return before
	}
	return &late{
		ResponseWriter: before,
		run:            r,
		inside:         left,
		varies:         r.plugin.Adapter().Varies(before.Header()),
	}
}

// complete is a response that has replaced the handler's, or that had left before
// its session failed, to which nothing is added: an error middleware outside would,
// and with the text of the error.
type complete struct{ gin.ResponseWriter }

func (complete) WriteHeader(int)                      {}
func (complete) Write(data []byte) (int, error)       { return len(data), nil }
func (complete) WriteString(data string) (int, error) { return len(data), nil }
func (w complete) Unwrap() http.ResponseWriter        { return w.ResponseWriter }

// late is a response whose body comes after the chain, such as gin's own text for
// an unknown route. As without us an error passes the writers that were left
// inside: they may have said in the header what they would make of a body, and take
// that back. What comes out of none of them, and what is no error, goes out as it
// is: they have finished.
type late struct {
	gin.ResponseWriter // the one outside of us
	run                *run
	inside             gin.ResponseWriter
	varies             bool // the session has made the response depend on it
	plain              bool // those inside are passed by
}

func (w *late) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader is for those inside too, who go by what they were told.
func (w *late) WriteHeader(code int) {
	w.inside.WriteHeader(code)
	w.ResponseWriter.WriteHeader(code)
}

func (w *late) WriteString(data string) (int, error) { return w.Write([]byte(data)) }

func (w *late) Write(data []byte) (int, error) {
	if !w.plain && w.Status() >= http.StatusBadRequest {
		if n, err := w.pass(data); w.Written() {
			return n, err
		}
	}
	w.passBy()
	return w.ResponseWriter.Write(data)
}

// WriteHeaderNow sends the header before there is a body that those inside could see.
func (w *late) WriteHeaderNow() {
	if !w.Written() {
		w.passBy()
	}
	w.ResponseWriter.WriteHeaderNow()
}

// Flush is WriteHeaderNow, and more.
func (w *late) Flush() {
	w.WriteHeaderNow()
	w.ResponseWriter.Flush()
}

// passBy takes back what those inside have said of a body that they will not see.
func (w *late) passBy() {
	if !w.plain {
		w.plain = true
		w.run.writer.PutBack("Content-Encoding", "Content-Length", "Etag")
	}
}

// pass lets the session's writer hold what comes out of those inside, so that the
// header is complete when it leaves.
func (w *late) pass(data []byte) (n int, err error) {
	w.run.writer.HoldLate(w.ResponseWriter, w.Status(), w, func() { n, err = w.inside.Write(data) })
	return n, err
}

// Commit says once more what the session has said: compressors take all of Vary
// away from what they leave alone.
func (w *late) Commit(int, bool) error {
	if w.varies {
		w.run.plugin.Adapter().Vary(w.Header())
	}
	return nil
}

// Fail is never called, as Commit does not fail.
func (w *late) Fail(http.ResponseWriter, error) bool { return false }
