package gormsession

import (
	"net/http"

	"github.com/seed7368b609/gormsession/internal/header"
	"github.com/seed7368b609/gormsession/internal/verdict"
)

// readCookie returns what a request brings.
func (o *options) readCookie(h http.Header) header.Brought {
	return header.Reading{
		Name: o.cookieName, Unquote: o.unquotesCookie(), LastCounts: o.layout.LastCookieCounts,
		WellFormed: o.wellFormed,
	}.Read(h)
}

// factsOf are what the end of the request depends on, as far as they are known at its begin.
func factsOf(b header.Brought) verdict.Case {
	switch {
	case !b.Present:
		return verdict.Case{}
	case b.Key == "":
		return verdict.Case{Cookie: verdict.Malformed}
	case len(b.Rivals) > 0:
		return verdict.Case{Cookie: verdict.Several, Row: verdict.Unasked}
	}
	return verdict.Case{Cookie: verdict.WellFormed, Row: verdict.Unasked}
}
