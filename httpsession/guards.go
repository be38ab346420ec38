package httpsession

import (
	"net/http"
	"time"
)

// Loaded is a middleware for routes that are guarded by what the session holds, to be mounted
// inside of the session's own and outside of the guard. It loads the session first, and where that
// fails the response is the error's (503) and no handler runs. Without it a guard sees an empty
// session then, and the response that it writes is replaced.
func Loaded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if loads(w, r) {
			next.ServeHTTP(w, r)
		}
	})
}

// loads tells whether the session can be loaded, and answers where it cannot. The error sticks to
// the session, so the commit answers it; the status is for an error handler that leaves the answer
// to us.
func loads(w http.ResponseWriter, r *http.Request) bool {
	if Get(r).Load() != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return false
	}
	return true
}

// RequireFresh is a middleware for routes that need the password again: it lets a request pass
// whose user has logged in by State.LogIn within d. Otherwise it runs otherwise, such as a redirect
// to the page that asks for the password, and no handler behind it; without one the answer is 401
// where nobody has logged in, and 403. A session that cannot be loaded is 503, as with [Loaded].
func RequireFresh(
	d time.Duration, otherwise ...http.HandlerFunc,
) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !loads(w, r) {
				return
			}
			s := Get(r)
			if s.IsFresh(d) {
				next.ServeHTTP(w, r)
				return
			}
			for _, handler := range otherwise {
				handler(w, r)
			}
			switch {
			case len(otherwise) > 0:
			case s.UserID() == "":
				w.WriteHeader(http.StatusUnauthorized)
			default:
				w.WriteHeader(http.StatusForbidden)
			}
		})
	}
}
