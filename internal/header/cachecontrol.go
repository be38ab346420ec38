package header

import (
	"net/http"
	"slices"
	"strings"
)

// A directive is one of a Cache-Control field, or of another one that is written like it.
type directive struct {
	name      string // in lower case
	text      string // as it stands in the field
	qualified bool   // it has an argument, as private="Set-Cookie" has, which is no private
}

// directivesOf takes the lines of a field apart (RFC 9110, 5.6.1 and 5.6.4): a comma within quotes
// parts nothing. What a quote that is never closed has swallowed is left out, and closed is false.
func directivesOf(lines []string) (list []directive, closed bool) {
	closed = true
	for _, line := range lines {
		begin, quoted, escaped := 0, false, false
		for i := 0; i <= len(line); i++ {
			switch {
			case i < len(line) && escaped:
				escaped = false
			case i < len(line) && quoted && line[i] == '\\':
				escaped = true
			case i < len(line) && line[i] == '"':
				quoted = !quoted
			case i == len(line) && quoted:
				closed = false
			case i == len(line) || line[i] == ',' && !quoted:
				if text := strings.Trim(line[begin:i], " \t"); text != "" {
					name, _, qualified := strings.Cut(text, "=")
					name = strings.ToLower(strings.TrimRight(name, " \t"))
					list = append(list, directive{name, text, qualified})
				}
				begin = i + 1
			}
		}
	}
	return list, closed
}

// says tells whether a directive is there without an argument, and not with one as well.
func says(list []directive, name string) bool {
	said := func(qualified bool) bool {
		return slices.ContainsFunc(list, func(d directive) bool {
			return d.name == name && d.qualified == qualified
		})
	}
	return said(false) && !said(true)
}

// keepOut tells whether directives keep a response out of shared caches. Only private and no-store
// do, and without an argument alone (RFC 9111, 5.2.2.5 and 5.2.2.7): no-cache lets a cache store
// it, and private="Set-Cookie" all but that field.
func keepOut(list []directive) bool { return says(list, "private") || neverStored(list) }

// neverStored tells whether directives keep a response out of all caches. Those that know
// must-understand ignore a no-store beside it.
func neverStored(list []directive) bool {
	return says(list, "no-store") &&
		!slices.ContainsFunc(list, func(d directive) bool { return d.name == "must-understand" })
}

// isGrant tells whether a directive lets shared caches keep a response, or says for how long.
func (d directive) isGrant() bool {
	switch d.name {
	case "public", "s-maxage", "max-age", "immutable", "stale-while-revalidate", "stale-if-error":
		return true
	}
	return false
}

// forAll tells whether directives are those of a response that shared caches are to keep.
func forAll(list []directive) bool {
	return !keepOut(list) && slices.ContainsFunc(list, func(d directive) bool {
		return d.name == "public" || d.name == "s-maxage"
	})
}

// IsPublic tells whether the handler wants shared caches to keep the response.
func IsPublic(h http.Header) bool {
	list, _ := directivesOf(h["Cache-Control"])
	return forAll(list) || len(storingFields(h)) > 0
}

// storingFields are the fields of h that are for some shared caches alone, which then ignore
// Cache-Control (RFC 9213, and those that are older), and that let these store the response.
func storingFields(h http.Header) (names []string) {
	for name, lines := range h {
		if isTargeted(name) && letsStore(name, lines) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// isTargeted knows CDN-Cache-Control and all that end like it, as Cloudflare-CDN-Cache-Control and
// X-LiteSpeed-Cache-Control do, and the fields of Fastly, Akamai and nginx.
func isTargeted(name string) bool {
	for _, field := range []string{"Surrogate-Control", "Edge-Control", "X-Accel-Expires"} {
		if strings.EqualFold(name, field) {
			return true
		}
	}
	const ending = "-Cache-Control"
	over := len(name) - len(ending)
	return over > 0 && strings.EqualFold(name[over:], ending)
}

// letsStore tells whether a targeted field lets its caches store the response.
func letsStore(name string, lines []string) bool {
	list, closed := directivesOf(lines)
	switch {
	case !closed:
		return true
	case strings.EqualFold(name, "X-Accel-Expires"):
		return len(list) != 1 || list[0].text != "0"
	case strings.EqualFold(name, "Surrogate-Control"), strings.EqualFold(name, "Edge-Control"):
		// private is none of theirs.
		list = slices.DeleteFunc(list, func(d directive) bool { return d.name == "private" })
	}
	return !keepOut(list)
}

// KeepPrivate makes h that of a response that no shared cache stores, as Set-Cookie alone does not
// (RFC 9111, 7.3). Where the handler wanted caches to keep it, its wish is overruled, and what is
// returned names the fields that said so; otherwise what it said stays, and is added to.
func KeepPrivate(h http.Header) (overruled []string) {
	list, closed := directivesOf(h["Cache-Control"])
	switch {
	case forAll(list):
		overruled = append(overruled, "Cache-Control: public")
		list = slices.DeleteFunc(list, directive.isGrant)
		h.Set("Cache-Control", withPrivate(list))
	case !closed, !keepOut(list):
		h.Set("Cache-Control", withPrivate(list))
	}
	for _, name := range storingFields(h) {
		overruled = append(overruled, name)
		delete(h, name)
	}
	return overruled
}

// withPrivate is a Cache-Control with an unqualified private, in the place of all that are
// qualified: caches differ in which of the two counts.
func withPrivate(list []directive) string {
	var texts []string
	for _, d := range list {
		if d.name != "private" {
			texts = append(texts, d.text)
		}
	}
	return strings.Join(append(texts, "private"), ", ")
}

// KeepCookiesPrivate is KeepPrivate for a header with cookies of whatever session: those of one
// whose commit is done are kept where the response of another one's fails.
func KeepCookiesPrivate(h http.Header) {
	if len(h["Set-Cookie"]) > 0 {
		KeepPrivate(h)
	}
}

// IsStorable tells whether a cache may store the response, for whomever.
func IsStorable(h http.Header) bool {
	list, _ := directivesOf(h["Cache-Control"])
	return !neverStored(list)
}
