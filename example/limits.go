package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

// mostBody is how many bytes a body may have. The shop's longest form has not
// two hundred.
const mostBody = 64 << 10

// limitBodies reads the body of each request, whatever its path and method,
// before anybody else does. One that is too long is refused early: net/http by
// itself sets no limit, and gin writes long forms to disk. One that does not
// arrive is refused too, so that no handler takes half a form for a whole one.
func limitBodies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > mostBody {
			refuseBody(w) // before a client that asks first (Expect: 100-continue) sends it
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
		if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
			refuseBody(w)
			return
		}
		if err != nil {
			http.Error(w, "The request did not arrive as a whole.", http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// refuseBody ends the connection too, as the rest of the body is on its way.
func refuseBody(w http.ResponseWriter) {
	w.Header().Set("Connection", "close")
	http.Error(w, "That is more than a form of this shop can hold.",
		http.StatusRequestEntityTooLarge)
}
