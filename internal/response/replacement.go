package response

import (
	"net/http"
	"strconv"
)

// replacement is the writer for [Hooks.Fail]. It knows whether it was used, and
// keeps the answer until it is complete: with its length in the header nobody
// outside can add to it.
type replacement struct {
	inner  http.ResponseWriter
	status int // 0: not used
	body   []byte
	sent   bool
}

// longestKept is the number of body bytes above which an answer is passed on as it
// is written.
const longestKept = 64 << 10

func (r *replacement) Header() http.Header { return r.inner.Header() }

func (r *replacement) WriteHeader(code int) {
	if r.status == 0 && code >= 200 {
		r.status = code
	}
}

func (r *replacement) Write(data []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	switch {
	case !bodyAllowed(r.status):
		return 0, http.ErrBodyNotAllowed
	case !r.sent && len(r.body)+len(data) <= longestKept:
		r.body = append(r.body, data...)
		return len(data), nil
	case !r.sent:
		if err := r.send(); err != nil {
			return 0, err
		}
	}
	return r.inner.Write(data)
}

// finish sends an answer that is complete, with its length, unless a writer beneath
// may make another body of it, and with the type that net/http would guess later.
func (r *replacement) finish() {
	if r.sent {
		return
	}
	header := r.Header()
	says := func(name string) bool { _, said := header[name]; return said }
	if bodyAllowed(r.status) && immediate(r.inner) != nil &&
		!says("Content-Length") && !says("Transfer-Encoding") {
		header.Set("Content-Length", strconv.Itoa(len(r.body)))
	}
	if len(r.body) > 0 && !says("Content-Type") && !says("Content-Encoding") {
		header.Set("Content-Type", http.DetectContentType(r.body))
	}
	_ = r.send() // nobody is left to hear of a write error
}

func (r *replacement) send() (err error) {
	r.sent = true
	r.inner.WriteHeader(r.status)
	if len(r.body) > 0 {
		_, err = r.inner.Write(r.body)
	}
	writeHeaderNow(r.inner) // where there was no body: compressors look at the first part of one
	r.body = nil
	return err
}
