package suite

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// cookieKeys are keys that the table of the cookie tests has: one that is well formed in our layout
// too, and one that is only in Django's.
var cookieKeys = []string{"abcdefghijklmnopqrstuvwxyz012345", "a key of Django's"}

// oddCookies are Cookie headers. A server of net/http refuses some of them itself.
var oddCookies = []string{
	"", ";", ";;;", "=", "session", "session=", "sessionid", "sessionid=", "session==",
	"sessionid= ;session= ", "session=\t", "other=1",
	"session=abcdefghijklmnopqrstuvwxyz01234", "session=abcdefghijklmnopqrstuvwxyz0123456",
	"session=ABCDEFGHIJKLMNOPQRSTUVWXYZ012345",
	"session=abcdefghijklmnopqrstuvwxyz012346", "session=abcdefghijklmnopqrstuvwxyz01234%35",
	"session=abcdefghijklmnopqrstuvwxyz01234\x00",
	"session=abcdefghijklmnopqrstuvwxyz01234\n5", "session=abcdefghijklmnopqrstuvwxyz01234\u0665",
	"session=abcdefghijklmnopqrstuvwxyz01234５",
	"session=" + strings.Repeat("a", 5000), "sessionid=" + strings.Repeat("a", 5000),
	"sessionid=" + strings.Repeat("\u00e4", 41),
	"session=\x00\x01\x7f", "sessionid=\x00\x00\x00\x00\x00\x00\x00\x00", "sessionid=abcdefgh\x00",
	"sessionid=abcdefghi\xff\xfe\xfd",
	"sessionid=\u00e4\u00f6\u00fc\u00df\u20ac\u4e16\u754c\u00e9",
	"sessionid=\U0001f36a\U0001f36a\U0001f36a\U0001f36a\U0001f36a\U0001f36a\U0001f36a\U0001f36a",
	"sessionid=' OR 1=1 --", "sessionid=%%%%%%%%", "sessionid=________", `sessionid="\"\"\"\"\"\"\"\""`, `sessionid="\000\000\000\000\000\000\000\000"`,
	`sessionid="\377\376\375\374\373\372\371\370"`, `sessionid="abcdefgh\`, `sessionid="\"`, `sessionid="`, `session="`, `session=""`,
	"session=abcdefgh; session=abcdefgh", "sessionid=abcdefgh; sessionid=ijklmnop; sessionid",
}

// A cookieSite answers requests whose headers no client would send, past any server.
type cookieSite struct {
	*site
	layout  layout.Layout
	written *regexp.Regexp
}

func (on ground) newCookieSite(tb testing.TB, db *gorm.DB, l layout.Layout) cookieSite {
	tb.Helper()
	s := on.newSiteOn(tb, db, withLayout(l))
	s.table, s.cookieName = l.Table, l.Cookie
	for _, key := range cookieKeys {
		if l.HashedKeys {
			key = stored(key)
		}
		row := gormsession.Session{SessionKey: key, SessionData: `{"n":1}`, ExpireDate: gormsession.Expiry{Time: s.clock.Now().AddDate(1, 0, 0)}}
		if err := db.Table(l.Table).Create(&row).Error; err != nil {
			tb.Fatal(err)
		}
	}
	c := cookieSite{
		site: s, layout: l, written: regexp.MustCompile("^" + l.Cookie + "=([a-z0-9]{32});"),
	}
	s.pages["read"], s.pages["write"] = showCounter, increment
	return c
}

// check sends the headers to a page that reads and to one that writes, and checks that both answer,
// that no row is lost, and that nobody gets a session under a key that was made up.
func (c cookieSite) check(t testing.TB, headers ...string) {
	c.t = t
	before := c.rows()
	for _, path := range []string{"/read", "/write"} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header["Cookie"] = headers
		w := httptest.NewRecorder()
		c.handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Errorf("%q: %s was answered with %d\n%s", headers, path, w.Code, c.log)
		}
		after, found := c.rows(), (w.Body.String() == "1") == (path == "/read")
		for key, row := range before {
			if now, ok := after[key]; !ok || path == "/read" && now != row {
				t.Errorf("%q: %s made %v of the row %v", headers, path, now, row)
			}
		}
		if path == "/read" || found {
			if len(after) != len(before) {
				t.Errorf("%q: %s made %d rows of %d", headers, path, len(after), len(before))
			}
			continue
		}
		lines := w.Header()["Set-Cookie"]
		if len(lines) != 1 || !c.written.MatchString(lines[0]) || len(after) != len(before)+1 {
			t.Fatalf("%q: a new session got the cookies %q, and %d rows are %d", headers, lines, len(before),
				len(after))
		}
		key := c.written.FindStringSubmatch(lines[0])[1]
		if strings.Contains(strings.Join(headers, ";"), key) {
			t.Errorf("%q: the key of the new session is the client's", headers)
		}
		if err := c.plugin.Delete(context.Background(), key); err != nil {
			t.Error(err)
		}
	}
}

// FuzzCookie sends Cookie headers that no client would send.
func FuzzCookie(f *testing.F, a Adapter) {
	on := ground{adapter: a}
	for _, header := range append(oddCookies, cookieKeys...) {
		f.Add(header)
		f.Add("session=" + header)
		f.Add("sessionid=" + header)
	}
	db := dbtest.New(f, dbtest.SQLite).Open(f)
	sites := []cookieSite{
		on.newCookieSite(f, db, layout.Own()), on.newCookieSite(f, db, layout.Django()),
	}
	f.Fuzz(func(t *testing.T, header string) {
		for _, site := range sites {
			site.check(t, header)
			site.check(t, header, header)
		}
	})
}

// FuzzStoredText puts a text into a row: a request that reads it gets what it says or an empty
// session, and one that writes keeps all that it says, or leaves it as it is.
func FuzzStoredText(f *testing.F, a Adapter) {
	on := ground{adapter: a}
	for _, text := range append(unreadable, readable...) {
		if len(text) < 1000 { // the others only slow the search down; they are in the tables
			f.Add(text)
		}
	}
	db := dbtest.New(f, dbtest.SQLite).Open(f)
	s := on.newSiteOn(f, db)
	key := s.start(map[string]any{"n": 1})
	f.Fuzz(func(t *testing.T, text string) {
		s.t = t
		if err := db.Exec("UPDATE web_sessions SET session_data = ? WHERE session_key = ?", text,
			stored(key)).Error; err != nil {
			t.Fatal(err)
		}
		opened, err := s.plugin.Open(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		before := describe(opened)
		opened.Set("added", true)
		if err := opened.Save(); err != nil {
			t.Fatal(err)
		}
		if opened.Key() != key { // unreadable
			if before != "" {
				t.Errorf("%q: a session that is not there has entries: %s", text, before)
			}
			// rows leaves out what looks like a nonce.
			if now := s.rows()[stored(key)].data; now != nonce.ReplaceAllString(text, "") {
				t.Errorf("%q: the row became %q", text, now)
			}
			if err := s.plugin.Delete(t.Context(), opened.Key()); err != nil {
				t.Fatal(err)
			}
			return
		}
		again, err := s.plugin.Open(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if !again.Delete("added") {
			t.Errorf("%q: what was added is not there", text)
		}
		if after := describe(again); after != before {
			t.Errorf("%q: the entries were %s and are %s", text, before, after)
		}
	})
}

// describe prints the entries, but for the one that the test adds, with the types of all values.
func describe(s *gormsession.State) string {
	var b strings.Builder
	for name, value := range s.All() {
		if name != "added" {
			fmt.Fprintf(&b, "%q: %#v\n", name, value)
		}
	}
	return b.String()
}
