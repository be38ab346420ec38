// Package response holds a response back, header and body, until it has been
// decided what its header is to say.
//
// A [Writer] stands between a handler and the server's writer. What the handler
// writes is kept in memory; when the handler has returned, or at the first
// point at which the header has to leave ([Writer.Flush], a body beyond the
// limit, 101, [Writer.Hijack]), the [Hooks] decide and may add to the header,
// and the response goes out. A decision that fails replaces it.
//
// The writer beneath may send its header at once, as net/http's does, or
// remember the status until WriteHeaderNow, Write or Flush, as gin's does; it
// is the latter that the Writer itself shows to the handler.
package response

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
)

// Hooks decides about a held response. Each method is called at most once for a
// response, on the goroutine of the handler.
type Hooks interface {
	// Commit is called before the header leaves and may add to it. carried is
	// false where no header of ours can reach the client: the connection is
	// hijacked without a response, or somebody has written past the Writer.
	Commit(status int, carried bool) error

	// Fail answers a failed Commit on w, whose header is as the Writer found
	// it. False lets the held response go instead, with the header that it had.
	Fail(w http.ResponseWriter, err error) bool
}

var (
	errBodyWritten = errors.New("gormsession: hijack after the body was begun")
	errDropped     = errors.New("gormsession: the response was dropped after a panic")
	errComplete    = errors.New("gormsession: the response is complete")
	errEnded       = errors.New("gormsession: the request is over")
	errUnfinished  = errors.New("gormsession: the commit did not finish")
)

type phase uint8

const (
	held    phase = iota // header and body are with us
	sent                 // they have left: each call is passed on
	dropped              // they were replaced or thrown away: each write returns err
)

const nothingWritten = -1

// Writer is the response writer for the handler; [Writer.Hold] makes it ready.
// Like the server's own it is not safe for concurrent use.
type Writer struct {
	inner http.ResponseWriter
	hooks Hooks
	found http.Header // the header when Hold was called; nil if it was empty
	kept  http.Header // see Keep
	body  []byte
	err   error // of the Commit; later the reason why writes are dropped
	limit int
	size  int // of the body as if sent, or nothingWritten

	length int // of the body as the header has said when it left, or -1

	status  int
	initial int // status of the inner writer before the handler

	phase     phase
	committed bool
	statusSet bool // by the handler
	informed  bool // a 1xx went out, its WriteHeaderNow has yet to come
	failed    bool // the handler said so when the header had left
	replaced  bool // by the answer to a failed Commit
	complete  bool // a body that came after the chain has gone out
}

// Hold begins to hold the response on inner, with a Writer that is new. status is what
// inner would send if nobody set another one; limit is the number of body bytes that are
// held.
func (w *Writer) Hold(inner http.ResponseWriter, status, limit int, hooks Hooks) {
	w.inner, w.hooks, w.limit = inner, hooks, limit
	w.size, w.length, w.status, w.initial = nothingWritten, -1, status, status
	if header := inner.Header(); len(header) > 0 {
		w.found = header.Clone()
	}
}

// Rebase puts another writer beneath and returns the old one, for a router that
// begins the same response again. A status that was set beneath meanwhile (gin's
// for an unknown route) counts, unless the handler has written.
func (w *Writer) Rebase(inner http.ResponseWriter, status int) http.ResponseWriter {
	old := w.inner
	w.inner = inner
	if status != w.initial {
		w.initial = status
		if w.size == nothingWritten {
			w.status, w.statusSet = status, false
		}
	}
	return old
}

// Header is the header of the writer beneath, edited in place.
func (w *Writer) Header() http.Header { return w.inner.Header() }

// Status is the status as if sent.
func (w *Writer) Status() int { return w.status }

// Size is the number of body bytes written, or -1 where not even the header was.
func (w *Writer) Size() int { return w.size }

// Written tells whether the handler has written header or body, held or not.
func (w *Writer) Written() bool { return w.size != nothingWritten }

// Held tells whether the header can still be changed.
func (w *Writer) Held() bool { return w.phase == held && !left(w.inner) }

// FailedLate tells whether a status of 500 and up came after the header had left
// with another one: a recovery inside can say no more than that.
func (w *Writer) FailedLate() bool { return w.failed }

// Replaced tells whether the answer to a failed Commit has gone out in place of the
// held response.
func (w *Writer) Replaced() bool { return w.replaced }

// Unwrap is for [http.ResponseController], which finds the deadlines beneath.
func (w *Writer) Unwrap() http.ResponseWriter { return w.inner }

// WriteHeader remembers the status, which may change until the handler writes.
// From 500 on it always counts while the response is held: a handler that broke
// off half-way must not go out as a success. A 1xx other than 101 goes out at once.
func (w *Writer) WriteHeader(code int) {
	if code >= 100 && code < 200 && code != http.StatusSwitchingProtocols {
		w.inform(code)
		return
	}
	w.informed = false
	switch {
	case code <= 0: // gin's "leave it as it is"
	case w.phase == held && (!w.Written() || code >= 500):
		w.status, w.statusSet = code, true
	case w.phase == sent:
		if !w.Written() {
			w.status = code
		}
		w.failed = w.failed || code >= 500
		w.inner.WriteHeader(code)
	}
}

// BreakOff says that the handler has failed although it has begun to answer, for a framework that
// tells so by other means than a status: what is held goes out with this one, of 500 and up, and
// FailedLate tells it where the header has left.
func (w *Writer) BreakOff(status int) {
	switch w.phase {
	case held:
		w.status, w.statusSet = status, true
	case sent:
		w.failed = true
	}
}

// WriteHeaderNow says that the header is complete. It is held all the same, but
// for 101, after which websocket libraries expect to hijack the connection.
func (w *Writer) WriteHeaderNow() {
	if w.informed {
		w.informed = false
		return
	}
	w.begin()
	if w.phase == held && w.status == http.StatusSwitchingProtocols {
		_ = w.early() // Hijack returns its error
	}
	if w.phase == sent {
		writeHeaderNow(w.inner)
	}
}

// Write holds the data, or sends it once the response has left.
func (w *Writer) Write(data []byte) (int, error) {
	keep, err := w.keep(len(data))
	if err != nil {
		return 0, err
	}
	if keep {
		w.body = append(w.body, data...)
		return len(data), nil
	}
	n, err := w.inner.Write(data)
	w.size += n
	return n, err
}

// WriteString is Write without a copy of its own.
func (w *Writer) WriteString(data string) (int, error) {
	keep, err := w.keep(len(data))
	if err != nil {
		return 0, err
	}
	if keep {
		w.body = append(w.body, data...)
		return len(data), nil
	}
	n, err := io.WriteString(w.inner, data)
	w.size += n
	return n, err
}

// keep counts n more bytes of body and tells whether they are to be held. Where
// they are not, the response has left or is gone for the reason returned.
func (w *Writer) keep(n int) (bool, error) {
	w.informed = false
	defer w.begin() // not before a body that is too long has let the response go, see release
	switch {
	case w.phase == dropped:
		return false, w.err
	case w.complete:
		return false, errComplete
	case w.phase == held && !bodyAllowed(w.status):
		return false, http.ErrBodyNotAllowed
	case w.phase == held && n <= w.limit-len(w.body):
		w.size = max(w.size, 0) + n
		return true, nil
	case w.phase == held:
		if err := w.early(); err != nil {
			return false, err
		}
	}
	if w.beyond(n) {
		return false, http.ErrContentLength
	}
	return false, nil
}

func (w *Writer) begin() {
	if w.size == nothingWritten {
		w.size = 0
	}
}

// restore puts the header back as it was found: what the handler added
// describes a body that will not be sent.
func (w *Writer) restore() {
	header := w.inner.Header()
	clear(header)
	maps.Copy(header, w.found)
	for name, lines := range w.kept {
		header[name] = append(slices.Clip(header[name]), lines...)
	}
}

// bodyAllowed is net/http's rule.
func bodyAllowed(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}
