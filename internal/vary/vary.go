// Package vary knows the Vary field of a response's header.
package vary

import (
	"iter"
	"net/http"
	"slices"
	"strings"
)

// AddCookie adds Cookie to Vary, as Django's patch_vary_headers does: what is there keeps its order
// and case, and * covers all.
func AddCookie(h http.Header) {
	switch lines := h["Vary"]; {
	case len(lines) == 0:
		h["Vary"] = []string{"Cookie"}
	case slices.Contains(slices.Collect(fields(h)), "*"):
		h["Vary"] = []string{"*"}
	case !OnCookie(h):
		h["Vary"] = []string{strings.Join(lines, ", ") + ", Cookie"}
	}
}

// OnCookie tells whether Vary says that the response depends on the cookies.
func OnCookie(h http.Header) bool {
	for field := range fields(h) {
		if field == "*" || strings.EqualFold(field, "Cookie") {
			return true
		}
	}
	return false
}

func fields(h http.Header) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, line := range h["Vary"] {
			for field := range strings.SplitSeq(line, ",") {
				if !yield(strings.TrimSpace(field)) {
					return
				}
			}
		}
	}
}
