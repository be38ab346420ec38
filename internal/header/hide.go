package header

import (
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
)

// Hide takes what Read reads out of the header of a request: shown is the rest, and hidden what was
// taken, nil if there was nothing. h itself stays as it is.
func (how Reading) Hide(h http.Header) (shown, hidden http.Header) {
	kept, taken := split(h["Cookie"], how.Name)
	field := h[how.Field]
	if len(taken) == 0 && len(field) == 0 {
		return h, nil
	}
	shown, hidden = maps.Clone(h), http.Header{}
	if len(taken) > 0 {
		hidden["Cookie"] = taken
		if delete(shown, "Cookie"); len(kept) > 0 {
			shown["Cookie"] = kept
		}
	}
	if len(field) > 0 {
		hidden[how.Field] = field
		delete(shown, how.Field)
	}
	return shown, hidden
}

// split takes the cookies of a name out of the lines of a Cookie header. What is left is as it was.
func split(lines []string, name string) (kept, taken []string) {
	for _, line := range lines {
		others := slices.DeleteFunc(strings.Split(line, ";"), func(cookie string) bool {
			its, _, _ := strings.Cut(cookie, "=")
			if textproto.TrimString(its) != name {
				return false
			}
			taken = append(taken, cookie)
			return true
		})
		if rest := textproto.TrimString(strings.Join(others, ";")); rest != "" {
			kept = append(kept, rest)
		}
	}
	return kept, taken
}
