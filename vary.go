package gormsession

import (
	"net/http"
	"strings"
)

// varyOnCookie adds Cookie to Vary, as Django's patch_vary_headers does: what is there keeps its order and case, and * covers all.
func varyOnCookie(h http.Header) {
	lines := h["Vary"]
	if len(lines) == 0 {
		h["Vary"] = []string{"Cookie"}
		return
	}
	for _, line := range lines {
		for field := range strings.SplitSeq(line, ",") {
			switch field = strings.TrimSpace(field); {
			case field == "*":
				h["Vary"] = []string{"*"}
				return
			case strings.EqualFold(field, "Cookie"):
				return
			}
		}
	}
	h["Vary"] = []string{strings.Join(lines, ", ") + ", Cookie"}
}
