package response

import (
	"net/http"
	"strconv"
)

// replacement is the writer for [Hooks.Fail]. It knows whether it was used, and
// keeps the answer until it is complete: with its length in the header nobody
// outside can add to it. One that says its length itself is passed on.
type replacement struct {
	inner  http.ResponseWriter
	status int // 0: not used
	body   []byte
	sent   bool
}

func (r *replacement) Header() http.Header { return r.inner.Header() }

func (r *replacement) WriteHeader(code int) {
	if r.status == 0 && code >= 200 {
		r.status = code
	}
}

func (r *replacement) Write(data []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	if !bodyAllowed(r.status) {
		return 0, http.ErrBodyNotAllowed
	}
	if r.sent || r.says("Content-Length") {
		r.start()
		return r.inner.Write(data)
	}
	r.body = append(r.body, data...)
	return len(data), nil
}

// finish sends an answer that is complete: with its length, unless there is an
// encoder beneath, which makes another body of it, and with the type that net/http
// would guess later.
func (r *replacement) finish() {
	body, encoded := r.body, r.says("Content-Encoding")
	measured := encoded || r.says("Content-Length") || r.says("Transfer-Encoding")
	if !r.sent && !measured && bodyAllowed(r.status) {
		r.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	if len(body) > 0 && !encoded && !r.says("Content-Type") {
		r.Header().Set("Content-Type", http.DetectContentType(body))
	}
	r.start()
	if len(body) > 0 {
		_, _ = r.inner.Write(body) // nobody is left to hear of an error
	}
	writeHeaderNow(r.inner) // at the end, as encoders look at the body first
}

// fault sends a 500 in place of an answer that was not completed.
func (r *replacement) fault() {
	if !r.sent {
		r.status = http.StatusInternalServerError
		delete(r.Header(), "Content-Length")
	}
	r.start()
	writeHeaderNow(r.inner)
}

// start tells the status. What comes from now on is passed on.
func (r *replacement) start() {
	if !r.sent {
		r.sent, r.body = true, nil
		r.inner.WriteHeader(r.status)
	}
}

func (r *replacement) says(name string) bool {
	_, said := r.Header()[name]
	return said
}
