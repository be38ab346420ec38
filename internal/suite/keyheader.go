package suite

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

const keyField = "X-Session"

// call is a request of a client without cookies, with these lines of the header with the key.
func (s *site) call(page func(*Call), lines ...string) reply {
	s.t.Helper()
	got := s.visit("", page, func(r *http.Request) { r.Header[keyField] = lines })
	if len(got.header["Set-Cookie"]) > 0 {
		s.t.Errorf("%q is sent a cookie: %q", lines, got.header["Set-Cookie"])
	}
	return got
}

// told is the key that a response tells, if it tells any, or "forget".
func (r reply) told() string {
	lines, there := r.header[keyField]
	switch {
	case !there:
		return ""
	case len(lines) == 1 && lines[0] == "":
		return "forget"
	}
	return strings.Join(lines, "|")
}

// A client without cookies asks for a key by the empty header, keeps what it is told, is told of
// each new key and of no old one, and of the end; on Django's table too.
func (on cases) TestKeyHeader(t *testing.T) {
	for _, l := range []layout.Layout{layout.Own(), layout.Django()} {
		s := on.newSite(t, dbtest.New(t, dbtest.SQLite), withLayout(l),
			gormsession.WithKeyHeader("x-session"))
		s.table, s.cookieName = l.Table, l.Cookie
		if got := s.call(readName, ""); got.told() != "" || got.body != "null" || got.verbs() != "" {
			t.Errorf("a stranger reads: told %q, %s, asked %q", got.told(), got.body, got.verbs())
		}
		got := s.call(writeName("Ann"), "")
		key := got.told()
		if len(key) != 32 || len(s.rows()) != 1 {
			t.Fatalf("a first write: %d, told %q", got.status, key)
		}
		got.wantsNoCache(t, "a first write")
		for name, page := range map[string]func(*Call){"read": readName, "written": writeName("Eve"),
			"touched": pageT} {
			s.clock.advance(24 * time.Hour)
			got := s.call(page, key)
			if got.told() != "" || got.header.Get("Vary") != "Cookie, X-Session" ||
				!strings.Contains(got.header.Get("Cache-Control"), "private") {
				t.Errorf("%s: told %q, %v", name, got.told(), got.header)
			}
		}
		if got := s.call(readName, key); got.body != `"Eve"` {
			t.Errorf("read: %s", got.body)
		}
		if got := s.call(pageS, key); len(got.header["Vary"]) > 0 && l.Table == "web_sessions" {
			t.Errorf("untouched: %v", got.header)
		}
		before := key
		if key = s.call(pageC, key).told(); len(key) != 32 || key == before {
			t.Errorf("a login: told %q", key)
		}
		if got := s.call(readName, before); got.body != "null" {
			t.Errorf("the old key reads %s", got.body)
		}
		for name, page := range map[string]func(*Call){"a logout": pageF,
			"a panic": func(c *Call) { pageF(c); panic("in the handler") }} {
			got := s.call(page, key)
			if got.told() != "forget" || len(s.rows()) != 0 {
				t.Errorf("%s: told %q, %d rows", name, got.told(), len(s.rows()))
			}
			got.wantsNoCache(t, name)
			key = s.call(writeName("Ann"), "").told()
		}
		// What is no key is one that the client is to forget; written to, it gets another one.
		if got := s.call(readName, "new"); got.told() != "forget" {
			t.Errorf("no key: told %q", got.told())
		}
		if got := s.call(writeName("Bob"), "new"); len(got.told()) != 32 {
			t.Errorf("no key, written: told %q", got.told())
		}
		if got := s.call(func(c *Call) { pageW(c); saves(c); c.Status(500) }, ""); len(got.told()) != 32 {
			t.Errorf("saved, 500: told %q", got.told())
		}
		if got := s.call(func(c *Call) { pageW(c); c.Status(500) }, ""); got.told() != "" {
			t.Errorf("500: told %q", got.told())
		}
		s.statements.Fail(failing("INSERT", fmt.Errorf("the disk is full")))
		if got := s.call(pageW, ""); got.told() != "" || got.status != http.StatusServiceUnavailable {
			t.Errorf("a save that fails: %d, told %q", got.status, got.told())
		}
		s.statements.Fail(nil)
		if strings.Contains(s.log.String(), key) || strings.Contains(s.log.String(), before) {
			t.Error("the log shows a key")
		}
		// Who keeps no cookies here says nothing about those that browsers get.
		absences := s.absences()
		for range 12 {
			s.visit("", pageW)
		}
		if absences != 0 || s.absences() != 1 {
			t.Errorf("cookies are missed %d times, then %d: %s", absences, s.absences(), s.log)
		}
	}
}

// A request that brings the header is not asked for its cookies: the header counts, and no cookie's
// session is ever told in it, or changed. Without it all is as with cookies alone, but for Vary.
func (on cases) TestKeyHeaderBesideTheCookie(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithKeyHeader(keyField))
	ann := s.start(map[string]any{"name": "Ann"})
	bob := s.call(writeName("Bob"), "").told()
	for _, test := range []struct{ header, want string }{
		{bob, `"Bob"`}, {"", "null"}, {deadKey(1), "null"}, {"nonsense", "null"}, {ann, `"Ann"`},
	} {
		for name, page := range map[string]func(*Call){"reads": readName, "touches": pageT,
			"empties": pageE} {
			got := s.visit(ann, page, func(r *http.Request) { r.Header[keyField] = []string{test.header} })
			if name == "reads" && got.body != test.want || got.cookie != nil ||
				strings.Contains(fmt.Sprint(got.header), ann) {
				t.Errorf("%q %s: %s, %v", test.header, name, got.body, got.header)
			}
			s.visit(ann, writeName("Ann"))
			s.call(writeName("Bob"), bob)
		}
	}
	both := func(page func(*Call), header string) reply {
		return s.visit(ann, page, func(r *http.Request) { r.Header[keyField] = []string{header} })
	}
	got := both(writeName("Eve"), "")
	if eve := got.told(); len(eve) != 32 || eve == ann || got.cookie != nil ||
		s.entries(ann)["name"] != "Ann" {
		t.Errorf("a write by the empty header: told %q, %s", got.told(), got.line)
	}
	if got := both(pageF, bob); got.told() != "forget" || got.cookie != nil ||
		s.entries(ann)["name"] != "Ann" || s.entries(bob) != nil {
		t.Errorf("a logout by the header: told %q, %s", got.told(), got.line)
	}
	for name, page := range map[string]func(*Call){"read": readName, "cycled": pageC,
		"flushed": pageF} {
		got := s.visit(ann, page)
		if got.told() != "" || got.header.Get("Vary") != "Cookie, X-Session" ||
			(got.cookie != nil) != (name != "read") {
			t.Errorf("by the cookie alone, %s: told %q, %v", name, got.told(), got.header)
		}
		if got.cookie != nil {
			ann = got.cookie.Value
		}
	}
}

// Of two values of the header none counts, whichever comes first, and none is looked up.
func (on cases) TestKeyHeaderTwice(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithKeyHeader(keyField))
	ann, bob := s.call(writeName("Ann"), "").told(), s.call(writeName("Bob"), "").told()
	for _, lines := range [][]string{
		{ann, bob}, {bob, ann}, {ann + ", " + bob}, {ann, deadKey(1)}, {deadKey(1), ann}, {"x", ann},
		{"", ann, bob},
	} {
		if got := s.call(readName, lines...); got.body != "null" || len(got.statements) != 0 {
			t.Errorf("%q reads %s, asked %q", lines, got.body, got.verbs())
		}
		s.call(pageF, lines...)
	}
	for _, lines := range [][]string{{ann, ann}, {ann + "," + ann}, {"", ann}, {ann, " "}} {
		if got := s.call(readName, lines...); got.body != `"Ann"` {
			t.Errorf("%q reads %s", lines, got.body)
		}
	}
	if len(s.rows()) != 2 {
		t.Errorf("%d rows are left", len(s.rows()))
	}
}

// No value of whatever bytes is a fault, harms a row, or comes back in a response: past any server,
// which would refuse the worst.
func (on cases) TestKeyHeaderOfAnyBytes(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithKeyHeader(keyField))
	s.start(map[string]any{"name": "Ann"})
	before := s.rows()
	for _, value := range []string{
		"x\r\nSet-Cookie: session=abcdefghijklmnopqrstuvwxyz012345", "\x00", "%00", "' OR 1=1 --",
		"\xff\xfe", "abcdefghijklmnopqrstuvwxyz01234\n", "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345",
		strings.Repeat("a", 5000), strings.Repeat("a,", 5000), keyWithoutRow,
	} {
		for name, page := range map[string]func(*Call){"R": pageR, "F": pageF, "T": pageT} {
			r := httptest.NewRequest(http.MethodGet, "/"+s.addPage(page), nil)
			r.Header[keyField] = []string{value}
			w := httptest.NewRecorder()
			s.handler.ServeHTTP(w, r)
			got := w.Result()
			if got.StatusCode != http.StatusOK || len(got.Header["Set-Cookie"]) > 0 ||
				strings.Join(got.Header[keyField], "") != "" {
				t.Errorf("%.40q, %s: %d, %v", value, name, got.StatusCode, got.Header)
			}
		}
	}
	if after := s.rows(); !maps.Equal(before, after) {
		t.Errorf("the rows became %v", after)
	}
}
