package suite

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A first read after the header has left cannot make the page private any more: the log names it,
// once. One that was read in time, or is never stored, is none to name.
func (on cases) TestFirstReadAfterTheHeader(t *testing.T) {
	on.needs(t, Stream)
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	flush := func(c *Call) { c.String(http.StatusOK, "early "); c.Flush() }
	session := (*Call).Session
	for name, test := range map[string]struct {
		page func(*Call)
		logs bool
	}{
		"Get": {func(c *Call) { flush(c); pageR(c); pageR(c) }, true},
		"Key": {func(c *Call) {
			flush(c)
			c.String(200, "%t",
				session(c).Key() == "")
		}, true},
		"IsNew": {func(c *Call) { flush(c); c.String(200, "%t", session(c).IsNew()) },
			true},
		"Set":  {func(c *Call) { flush(c); session(c).Set("n", 1) }, true},
		"Save": {func(c *Call) { flush(c); _ = session(c).Save() }, true},
		"a long body": {func(c *Call) { c.String(200, "%s", strings.Repeat("x", 65<<10)); pageR(c) },
			true},
		"cached by all": {func(c *Call) {
			c.Header("Cache-Control",
				"public, max-age=60")
			flush(c)
			pageR(c)
		}, true},
		"no-cache": {func(c *Call) {
			c.Header("Cache-Control",
				"no-cache")
			flush(c)
			pageR(c)
		}, true},
		"read before": {func(c *Call) { session(c).Get("n"); flush(c); pageR(c) }, false},
		"never read":  {flush, false},
		"never stored": {func(c *Call) {
			c.Header("Cache-Control",
				"no-store")
			flush(c)
			pageR(c)
		}, false},
		"logged alone": {func(c *Call) { flush(c); _ = session(c).String() }, false},
	} {
		for _, key := range []string{"", s.start(map[string]any{"name": "Ann"})} {
			if name == "Set" && key == "" {
				continue // is an error besides
			}
			logged := len(s.log.String())
			got := s.visit(key, test.page)
			if got.status != http.StatusOK {
				t.Errorf("%s: %d", name, got.status)
			}
			text := s.log.String()[logged:]
			if n := strings.Count(text,
				"first read after the response's header had left"); n != map[bool]int{true: 1}[test.logs] {
				t.Errorf("%s: the log says it %d times: %s", name, n, text)
			}
			if test.logs && (!strings.Contains(text, "level=WARN") || !strings.Contains(text,
				"path=/page")) {
				t.Errorf("%s: the log names no page: %s", name, text)
			}
		}
	}
}
