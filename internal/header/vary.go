package header

import (
	"iter"
	"net/http"
	"slices"
	"strings"
)

// VaryOnCookie adds Cookie to Vary, as Django's patch_vary_headers does: what is there keeps its
// order and case, and * covers all.
func VaryOnCookie(h http.Header) {
	switch lines := h["Vary"]; {
	case len(lines) == 0:
		h["Vary"] = []string{"Cookie"}
	case slices.Contains(slices.Collect(varyFields(h)), "*"):
		h["Vary"] = []string{"*"}
	case !VariesOnCookie(h):
		h["Vary"] = []string{strings.Join(lines, ", ") + ", Cookie"}
	}
}

// VariesOnCookie tells whether Vary says that the response depends on the cookies.
func VariesOnCookie(h http.Header) bool {
	for field := range varyFields(h) {
		if field == "*" || strings.EqualFold(field, "Cookie") {
			return true
		}
	}
	return false
}

func varyFields(h http.Header) iter.Seq[string] {
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
