package response

import (
	"maps"
	"net/http"
	"slices"
)

// Said are the fields of a header that differ from those that were found.
func Said(found, now http.Header) http.Header {
	fields := http.Header{}
	for name, lines := range now {
		if !slices.Equal(found[name], lines) {
			fields[name] = slices.Clone(lines)
		}
	}
	return fields
}

// Say puts what was said into a header, and leaves the cookies that are there.
func Say(h, fields http.Header) {
	if h == nil {
		return
	}
	for name, lines := range fields {
		if name == "Set-Cookie" {
			lines = slices.Concat(h[name], slices.DeleteFunc(slices.Clone(lines), func(line string) bool {
				return slices.Contains(h[name], line)
			}))
		}
		h[name] = lines
	}
}

// Joined are the lines of two headers.
func Joined(a, b http.Header) http.Header {
	all := maps.Clone(a)
	if all == nil {
		all = http.Header{}
	}
	for name, lines := range b {
		all[name] = slices.Concat(all[name], lines)
	}
	return all
}
