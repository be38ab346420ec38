package response

import (
	"net/http"
	"strconv"
)

// Finish is the last commit point: the handler has returned. A handler that
// wrote nothing leaves a writer that remembers its status free to add a body of
// its own, as gin does for unknown routes.
func (w *Writer) Finish() {
	if w.phase == held {
		_ = w.leave() // nobody is left to hear of a write error
		if w.phase == sent && w.size == 0 {
			writeHeaderNow(w.inner)
		}
	}
}

// Drop throws the held response away after a panic and returns the header, as
// it was found, for what is to be said all the same. It returns nil where the
// response is no longer held.
func (w *Writer) Drop() http.Header {
	if w.phase != held {
		return nil
	}
	w.drop(errDropped)
	w.restore()
	return w.inner.Header()
}

// End cuts the Writer off: whoever kept it beyond its request gets an error and
// does not reach the writer beneath, which may serve somebody else by then.
func (w *Writer) End() { w.drop(errEnded) }

func (w *Writer) drop(why error) {
	w.phase, w.err, w.body = dropped, why, nil
}

// leave decides, and lets the response, or what replaces it, go. Its error is
// that of the decision, or that of sending the held body.
func (w *Writer) leave() error {
	gone := left(w.inner)
	if err := w.commit(!gone); err != nil && !gone && w.replace(err) {
		return err
	}
	return w.release()
}

// early is leave before the handler has returned. The client of a handler that
// runs on is not to wait for the replacement.
func (w *Writer) early() error {
	err := w.leave()
	if w.phase == dropped {
		_ = w.push()
	}
	return err
}

// commit asks once. The answer of a hook that panicked is an error as well, for
// a recovery between the handler and us.
func (w *Writer) commit(carried bool) error {
	if !w.committed {
		w.committed, w.err = true, errUnfinished
		w.err = w.hooks.Commit(w.status, carried)
	}
	return w.err
}

// Keep has fields go out even if the commit is to fail and the response is replaced, or dropped.
func (w *Writer) Keep(fields http.Header) { w.kept = Joined(w.kept, fields) }

// replace lets the hook answer in place of the held response, and tells whether
// it did.
func (w *Writer) replace(err error) bool {
	header := w.inner.Header().Clone()
	body := w.body
	w.restore()
	w.drop(err)

	r := replacement{inner: w.inner}
	failing := true
	defer func() {
		if failing { // a hook that panicked is no success either
			r.fault()
			w.status, w.replaced = r.status, true
		}
	}()
	done := w.hooks.Fail(&r, err)
	failing = false
	if r.status == 0 {
		if !done {
			w.found, w.kept = header, nil // it has them
			w.restore()
			w.phase, w.body = held, body
			return false
		}
		// It says that it has answered, but has not: this is no success.
		r.WriteHeader(http.StatusInternalServerError)
	}
	r.finish()
	if r.says("Content-Length") {
		w.keepToLength()
	}
	w.status, w.replaced = r.status, true
	return true
}

// release sends what is held. From here on each call is passed on, and the first one
// sends the header: a compressor beneath may add to it until then, as the type of a body, so
// a status is told only if the handler has told one, or there is no body.
func (w *Writer) release() error {
	body, whole := w.body, true
	w.phase, w.body, w.length = sent, nil, w.saidLength()
	if w.statusSet || w.status != w.initial || w.Written() && len(body) == 0 {
		w.inner.WriteHeader(w.status)
	}
	if len(body) == 0 {
		return nil
	}
	if w.beyond(0) {
		body, whole = body[:w.length], false
	}
	_, err := w.inner.Write(body)
	if err == nil && !whole {
		err = http.ErrContentLength
	}
	return err
}

// saidLength is the Content-Length with which the header leaves, -1 where there is none, and where
// an encoder outside makes another body of ours.
func (w *Writer) saidLength() int {
	said := w.inner.Header()["Content-Length"]
	_, encoded := w.found["Content-Encoding"]
	if len(said) != 1 || encoded || left(w.inner) {
		return -1
	}
	length, err := strconv.Atoi(said[0])
	if err != nil || length < 0 {
		return -1
	}
	return length
}

// beyond tells whether n more bytes make the body longer than its header has said. A server refuses
// what comes after a body of that length, but nothing of it with the body at once, and over HTTP/2
// not before it has sent the header.
func (w *Writer) beyond(n int) bool { return w.length >= 0 && max(w.size, 0)+n > w.length }
