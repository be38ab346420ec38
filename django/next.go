package django

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/seed7368b609/gormsession/internal/scheme"
)

// withNext is the address of the login page with the page that was asked for in its
// query as next, as Django's login_required makes it: the page's path, or the whole
// of its address where the login page is on another host or has another scheme.
func withNext(login url.URL, r *http.Request) string {
	page := pathOf(r.URL)
	if base := scheme.Of(r); r.Host == "" || isOf(login, base, r.Host) {
		page = escapeLeadingSlashes(page)
	} else {
		page = base + "://" + r.Host + page
	}
	login.RawQuery = setNext(login.RawQuery, page)
	return login.String()
}

// isOf tells whether an address belongs to that scheme and host, of which it may
// leave out either.
func isOf(u url.URL, base, host string) bool {
	authority := u.Host
	if u.User != nil {
		authority = u.User.String() + "@" + authority
	}
	return (u.Scheme == "" || u.Scheme == base) && (authority == "" || authority == host)
}

// pathOf is path and query of a page, escaped as they may stand in a header: a
// backslash or a line break of the client's does not stay what it is.
func pathOf(u *url.URL) string {
	path := u.EscapedPath()
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if u.RawQuery != "" {
		path += "?" + escapeQuery(u.RawQuery)
	}
	return path
}

// escapeLeadingSlashes keeps browsers from taking a path for an address without a
// scheme, on another host, as Django's function of that name does.
func escapeLeadingSlashes(path string) string {
	if rest, ok := strings.CutPrefix(path, "//"); ok {
		return "/%2F" + rest
	}
	return path
}

// escapeQuery escapes what may not stand in a query, and nothing twice, as Django's
// iri_to_uri does.
func escapeQuery(query string) string {
	const hex, marks = "0123456789ABCDEF", "-._~/#%[]=:;$&()+,!?*@'"
	var b strings.Builder
	for i := range len(query) {
		if c := query[i]; 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
			strings.IndexByte(marks, c) >= 0 {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// setNext sets next in a query, in the place of one that is there. The order stays,
// and slashes stay readable.
func setNext(query, next string) string {
	var pairs []string
	isSet := false
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		switch name, value = unescape(name), unescape(value); {
		case pair == "" || name == "next" && isSet:
			continue
		case name == "next":
			value, isSet = next, true
		}
		pairs = append(pairs, escape(name)+"="+escape(value))
	}
	if !isSet {
		pairs = append(pairs, "next="+escape(next))
	}
	return strings.Join(pairs, "&")
}

var readable = strings.NewReplacer("+", "%20", "%2F", "/")

func escape(text string) string { return readable.Replace(url.QueryEscape(text)) }

// unescape leaves what is not escaped rightly as it is.
func unescape(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}
