// Package scheme tells by which scheme a client speaks to the site.
package scheme

import (
	"net/http"
	"strings"
)

// Of is https where the client speaks TLS, to us or to a proxy that says so in
// X-Forwarded-Proto, and http otherwise. A client that lies hurts its own session
// only.
func Of(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	first, _, _ := strings.Cut(r.Header.Get("X-Forwarded-Proto"), ",")
	if strings.EqualFold(strings.TrimSpace(first), "https") {
		return "https"
	}
	return "http"
}
