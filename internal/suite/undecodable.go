package suite

import (
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// What cannot be decoded is warned of, without a word of it, and left as it is.
func (on cases) TestUndecodableRowStays(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		for _, text := range []string{"", "null", "[]", "7", "{", `{"a":1} x`, `"secret"`, strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000), "\xc3\xa9{}", "{\"a\":\"\x01\"}"} {
			s := on.newSite(t, dbtest.New(t, d.Kind()))
			key := s.start(map[string]any{"name": "Ann"})
			if err := s.db.Exec("UPDATE web_sessions SET session_data = ?", text).Error; err != nil {
				t.Fatal(err)
			}
			got := s.visit(key, func(c *Call) {
				session := c.Session()
				session.Set("name", "Bob")
				c.JSON(200, session.Keys())
			})
			if got.status != 200 || got.body != `["name"]` || got.cookieIs(key) != "new" {
				t.Errorf("%.20q: %d %s, the cookie is %q", text, got.status, got.body, got.cookieIs(key))
			}
			if kept := s.rows()[stored(key)].data; kept != text {
				t.Errorf("%.20q was overwritten by %.20q", text, kept)
			}
			s.log.wants(t, "Session data corrupted", "level=WARN")
			if strings.Contains(s.log.String(), "secret") {
				t.Errorf("the log quotes the data: %s", s.log)
			}
		}
	})
}
