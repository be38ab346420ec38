package ginsession

import (
	"net/http"
	"slices"
)

// abort ends a request whose handler did not return: nothing is saved, also if
// the request goes on outside. What the client is told of the session all the same
// is told to a session outside as well, which drops the header once more.
func (r *run) abort() {
	h := r.writer.Drop()
	found := h.Clone()
	if r.after != nil {
		say(h, r.after.told)
	}
	r.plugin.Adapter().Abort(r.session(), r.c.Request, h)
	r.guard()
	outer, ok := r.Context.Value(currentKey{}).(*run)
	if ok && h != nil && outer.writer.reachedBy(r.c.Writer) {
		outer.aftermath().told = said(found, h)
	}
}

// said are the fields of a session that differ from those that were found.
func said(found, now http.Header) http.Header {
	fields := http.Header{}
	for name, lines := range now {
		if !slices.Equal(found[name], lines) {
			fields[name] = slices.Clone(lines)
		}
	}
	return fields
}

// say puts what was said into a header, and leaves the cookies that are there.
func say(h, fields http.Header) {
	if h == nil {
		return
	}
	for name, lines := range fields {
		if name == "Set-Cookie" {
			lines = slices.Concat(h[name], slices.DeleteFunc(lines, func(line string) bool {
				return slices.Contains(h[name], line)
			}))
		}
		h[name] = lines
	}
}
