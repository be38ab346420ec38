package suite

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// unreadable are texts in session_data that are no session.
var unreadable = []string{
	"", " ", "no JSON", `{"n":1`, `{"n":1}}`, `{"n":1}{"n":2}`, `{"n":01}`, `{"n":1NaN}`, `{"n":-NaN}`, `{n:1}`, `{"a":1,}`, "\ufeff{}",
	"[]", `[{"n":1}]`, "1", "null", "true", `"text"`, "NaN", "-Infinity", `{"\ud800":1}`,
	strings.Repeat(`{"a":`, 10_001) + "1" + strings.Repeat("}", 10_001),
	strings.Repeat("[", 100_000),
	strings.Repeat("x", 1<<20),
}

// readable are odd texts that are sessions.
var readable = []string{
	"{}", " \t\r\n{ } ", `{"":""}`, `{"n":1,"n":2}`, `{"a":null,"b":[],"c":{}}`, `{"\u0061\/\"\\":"\u0000\ud83c\udf6a"}`, `{"lone":"\ud800 \udc00\ud800"}`,
	`{"float":1.0,"exp":1E5,"big":123456789012345678901234567890,"bigger":1e400,"zero":-0,"minus":-0.0}`,
	`{"a":NaN,"b":[Infinity,-Infinity],"c":"NaN, \"Infinity\""}`, "{\"\u00e4\u20ac\U0001f36a\x7f\":\"\u00e4\u20ac\U0001f36a\x7f\u2028\"}",
	`{"_session_expiry":"no date","_flashes":{}}`,
	`{"deep":` + strings.Repeat("[", 9_999) + strings.Repeat("]", 9_999) + `}`,
	`{"large":"` + strings.Repeat("x", 100_000) + `"}`,
}

// What a cookie holds, whatever it is, is never a fault of the server's and never costs a row.
func (on cases) TestBadCookies(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		db := d.Open(t)
		for _, l := range []layout.Layout{layout.Own(), layout.Django()} {
			s := on.newCookieSite(t, db, l)
			for _, header := range oddCookies {
				s.check(t, header)
			}
			// The same over a connection, past net/http's client. What its server refuses is the
			// client's fault.
			s.serveRaw(func(c *Call) { c.String(http.StatusOK, "%d", counter.Or(c.Session(), 0)) })
			for _, header := range oddCookies {
				if status := s.sendRaw(t, header); status != http.StatusOK && status != http.StatusBadRequest {
					t.Errorf("%q: answered with %d", header, status)
				}
			}
		}
		// What a narrow charset cannot hold is unknown, not a fault.
		if d.Kind() == dbtest.MariaDB {
			for _, charset := range []string{"latin1", "utf8mb3"} {
				l := layout.Django()
				l.Table = "sessions_" + charset
				err := db.Exec("CREATE TABLE " + l.Table +
					" (session_key varchar(40) NOT NULL PRIMARY KEY, session_data longtext NOT NULL," +
					" expire_date datetime(6) NOT NULL) CHARACTER SET " + charset).Error
				if err != nil {
					t.Fatal(err)
				}
				s := on.newCookieSite(t, db, l)
				for _, header := range oddCookies {
					s.check(t, header)
				}
			}
		}
	})
}

func (c cookieSite) serveRaw(handler func(*Call)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pages["raw"] = handler
}

// sendRaw sends a request with the bytes of that header and returns the status of the answer.
func (c cookieSite) sendRaw(t *testing.T, header string) int {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(c.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn,
		"GET /raw HTTP/1.1\r\nHost: example.org\r\nCookie: %s\r\nConnection: close\r\n\r\n", header)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Errorf("%q: %v", header, err)
		return 0
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

// Odd texts that are sessions are read and, when another entry is written, kept as they were.
func (on cases) TestOddTexts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newSite(t, d)
		key := s.start(map[string]any{"n": 1})
		for _, text := range readable {
			if err := s.db.Exec("UPDATE web_sessions SET session_data = ? WHERE session_key = ?", text,
				stored(key)).Error; err != nil {
				t.Fatal(err)
			}
			before := s.described(key)
			if got := s.visit(key,
				func(c *Call) { c.Session().Set("added", 1) }); got.cookieIs(key) != "refreshed" {
				t.Errorf("%.50q: a write was answered with %d %v", text, got.status, got.cookie)
			}
			if after := s.described(key); after != before {
				t.Errorf("%.50q: the entries were %.200s and are %.200s", text, before, after)
			}
			if s.entries(key)["added"] != int64(1) {
				t.Errorf("%.50q: what was written is not there", text)
			}
		}
	})
}

func (s *site) described(key string) string {
	s.t.Helper()
	opened, err := s.plugin.Open(s.t.Context(), key)
	if err != nil {
		s.t.Fatal(err)
	}
	return describe(opened)
}
