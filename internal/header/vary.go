package header

import (
	"iter"
	"net/http"
	"slices"
	"strings"
)

// VaryOn adds fields of the request to Vary, as Django's patch_vary_headers does: what is there
// keeps its order and case, and * covers all.
func VaryOn(h http.Header, fields []string) {
	lines := h["Vary"]
	if len(lines) == 0 {
		h["Vary"] = []string{strings.Join(fields, ", ")}
		return
	}
	there := slices.Collect(varyFields(h))
	if slices.Contains(there, "*") {
		h["Vary"] = []string{"*"}
		return
	}
	missing := slices.DeleteFunc(slices.Clone(fields), func(field string) bool {
		return slices.ContainsFunc(there, func(f string) bool { return strings.EqualFold(f, field) })
	})
	if len(missing) > 0 {
		h["Vary"] = []string{strings.Join(slices.Concat(lines, missing), ", ")}
	}
}

// VariesOn tells whether Vary says that the response depends on each of these fields.
func VariesOn(h http.Header, fields []string) bool {
	there := slices.Collect(varyFields(h))
	return !slices.ContainsFunc(fields, func(field string) bool {
		return !slices.ContainsFunc(there, func(f string) bool {
			return f == "*" || strings.EqualFold(f, field)
		})
	})
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
