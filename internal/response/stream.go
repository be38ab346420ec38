package response

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
)

// Flush is FlushError for those who do not ask.
func (w *Writer) Flush() { _ = w.FlushError() }

// FlushError sends the held response, if it has not left, and flushes the writer
// beneath. It returns the error of a failed commit, and then has sent what
// replaces the response.
func (w *Writer) FlushError() error {
	w.informed = false
	w.begin()
	if w.phase == held {
		if err := w.early(); err != nil {
			return err
		}
	}
	if w.phase == dropped {
		return w.err
	}
	return flush(w.inner)
}

// push lets what has replaced the response reach the client. An encoder that has left
// it alone is passed by, as it would add to it.
func (w *Writer) push() error {
	if last := w.passedTo(); last != nil {
		return flush(last)
	}
	return flush(w.inner)
}

// keepToLength sends the header where it can: HTTP/2 keeps to its Content-Length only then.
func (w *Writer) keepToLength() {
	if last := w.passedTo(); last != nil {
		_ = flush(last)
	}
}

// passedTo is the server's own writer, or the one next to it, where the response has come to it as
// it was: no encoder has made another body of it, and nobody holds it.
func (w *Writer) passedTo() http.ResponseWriter {
	last := lastDeferring(w.inner)
	_, encoded := w.Header()["Content-Encoding"]
	switch {
	case encoded:
		return nil
	case last == nil && beneath(w.inner) == nil:
		return w.inner
	case last == nil, !left(last):
		return nil
	}
	return last
}

// Hijack commits and hands the connection over. Where the header was not
// completed before (101 is, and then has left) no cookie can go with it.
//
// As with gin it is refused once a body was begun. It is also refused, with
// [http.ErrNotSupported] and before anything is decided, where the connection
// cannot be taken, as with HTTP/2.
func (w *Writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	switch {
	case w.phase == dropped:
		return nil, nil, w.err
	case w.phase == held && w.size > 0:
		return nil, nil, errBodyWritten
	case !hijackable(w.inner):
		return nil, nil, fmt.Errorf("gormsession: hijack: %w", http.ErrNotSupported)
	}
	if w.phase == held {
		if err := w.surrender(); err != nil {
			return nil, nil, err
		}
	}
	conn, rw, err := http.NewResponseController(w.inner).Hijack()
	if err == nil {
		w.begin()
	}
	return conn, rw, err
}

// surrender is the commit point of Hijack.
func (w *Writer) surrender() error {
	if w.Written() {
		err := w.early()
		if err == nil {
			writeHeaderNow(w.inner)
		}
		return err
	}
	if err := w.commit(false); err != nil && !left(w.inner) && w.replace(err) {
		_ = w.push()
		return err
	}
	w.phase = sent
	return nil
}

// inform sends a 1xx, where the writer beneath can do it: one that remembers the
// status would take it for the final one.
func (w *Writer) inform(code int) {
	w.informed = true
	if w.phase != held || left(w.inner) {
		return
	}
	if inner := immediate(w.inner); inner != nil {
		inner.WriteHeader(code)
	}
}
