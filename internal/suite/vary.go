package suite

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// The header of the handler is added to, not replaced.
func (on cases) TestVaryAndCacheControl(t *testing.T) {
	type headers map[string][]string
	page := func(h headers, page func(*Call)) func(*Call) {
		return func(c *Call) {
			for name, lines := range h {
				c.Writer.Header()[name] = lines
			}
			page(c)
		}
	}
	cases := []struct {
		name    string
		request string
		page    func(*Call)
		header  headers
		vary    string
		control string
		cookie  string
		warns   bool
	}{
		{"Vary is added to", "live", pageR, headers{"Vary": {"Accept-Encoding"}},
			"Accept-Encoding, Cookie", "private", "", false},
		{"lines of Vary are joined", "live", pageR, headers{"Vary": {"Origin", "accept, x"}},
			"Origin, accept, x, Cookie", "private", "", false},
		{"Cookie is there", "live", pageR, headers{"Vary": {"cookie, Origin"}}, "cookie, Origin",
			"private", "", false},
		{"Cookie is in another line", "live", pageR, headers{"Vary": {"Origin", "COOKIE"}},
			"Origin|COOKIE", "private", "", false},
		{"a star covers all", "live", pageR, headers{"Vary": {"Origin, *"}}, "*", "private", "", false},
		{"not ours to change", "live", pageS, headers{"Vary": {"Origin"}}, "Origin", "", "", false},
		{"of its own", "live", pageR, headers{"Cache-Control": {"no-store"}}, "Cookie", "no-store", "",
			false},
		{"of its own, written", "live", pageW, headers{"Cache-Control": {"no-cache"}}, "Cookie",
			"no-cache, private", "refreshed", false},
		{"public, untouched", "live", pageS, headers{"Cache-Control": {"public"}}, "", "public", "",
			false},
		{"public, read", "live", pageR, headers{"Cache-Control": {"public, max-age=60"}}, "Cookie",
			"public, max-age=60", "", false},
		{"public, written", "live", pageW, headers{"Cache-Control": {"max-age=60, Public"}}, "Cookie",
			"private", "refreshed", true},
		{"shared, written", "live", pageW, headers{"Cache-Control": {"s-maxage=60"}}, "Cookie", "private",
			"refreshed", true},
		{"public, new", "none", pageW, headers{"Cache-Control": {"public"}}, "Cookie", "private", "new",
			true},
		{"public, cycled", "live", pageC, headers{"Cache-Control": {"public"}}, "Cookie", "private",
			"new", true},
		{"public, flushed", "live", pageF, headers{"Cache-Control": {"public"}}, "Cookie", "private",
			"deleted", true},
		{"public, unknown, read", "unknown", pageR, headers{"Cache-Control": {"public"}}, "Cookie",
			"public", "", false},
		{"cookies of the handler stay", "live", pageW, headers{"Set-Cookie": {"a=b", "session2=c"}},
			"Cookie", "private", "refreshed", false},
	}
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	for _, c := range cases {
		key, logged := s.bring(c.request), len(s.log.String())
		s.clock.advance(24 * time.Hour)
		got := s.visit(key, page(c.header, c.page))
		vary, control := strings.Join(got.header["Vary"], "|"), strings.Join(got.header["Cache-Control"],
			"|")
		if vary != c.vary || control != c.control || got.cookieIs(key) != c.cookie {
			t.Errorf("%s: Vary %q, Cache-Control %q, the cookie %q; want %q, %q, %q", c.name, vary, control,
				got.cookieIs(key), c.vary, c.control, c.cookie)
		}
		if warned := strings.Contains(s.log.String()[logged:],
			"Cache-Control: public"); warned != c.warns {
			t.Errorf("%s: a warning: %t, want %t", c.name, warned, c.warns)
		}
		for _, line := range c.header["Set-Cookie"] {
			if !slices.Contains(got.header["Set-Cookie"], line) {
				t.Errorf("%s: %q is lost from %q", c.name, line, got.header["Set-Cookie"])
			}
		}
	}
	// A touch is left out where the response is for all.
	rolling := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithRolling())
	key := rolling.bring("live")
	rolling.clock.advance(24 * time.Hour)
	got := rolling.visit(key, page(headers{"Cache-Control": {"public"}}, pageR))
	if got.verbs() != "SELECT" || got.cookie != nil || got.header.Get("Cache-Control") != "public" {
		t.Errorf("a public response that rolls: %q, %q, %q", got.verbs(), got.line,
			got.header.Get("Cache-Control"))
	}
}
