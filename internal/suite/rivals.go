package suite

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// tossed is a request that brings these keys, of which a host of the same domain may have planted
// some.
func (s *site) tossed(page func(*Call), keys ...string) reply {
	s.t.Helper()
	return s.visit("", page, func(r *http.Request) {
		var cookies []string
		for _, key := range keys {
			cookies = append(cookies, s.cookieName+"="+key)
		}
		r.Header.Set("Cookie", strings.Join(cookies, "; "))
	})
}

// deadKey is a key that looks well and opens nothing.
func deadKey(i int) string { return fmt.Sprintf("dead%028d", i) }

// Of several different keys one counts only if it alone is live; else there is no session, and a
// log line that names no key. A request that does not touch its session costs nothing either way.
func (on cases) TestSeveralCookies(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		s := on.newSiteWith(t, d, c.Gorm())
		good, evil := s.start(map[string]any{"name": "Ann"}), s.start(map[string]any{"name": "Eve"})
		dead, deader := deadKey(1), deadKey(2)
		for _, test := range []struct {
			keys []string
			want string
			asks int
			logs bool
		}{
			{[]string{good, evil}, "null", 2, true},
			{[]string{evil, good}, "null", 2, true},
			{[]string{good, dead, evil}, "null", 3, true},
			{[]string{good, dead}, `"Ann"`, 2, false},
			{[]string{dead, good}, `"Ann"`, 2, false},
			{[]string{dead, good, deader}, `"Ann"`, 3, false},
			{[]string{good, good}, `"Ann"`, 1, false},
			{[]string{good, dead, good, dead}, `"Ann"`, 2, false},
			{[]string{good, "short", evil[1:]}, `"Ann"`, 1, false},
			{[]string{dead, deader}, "null", 2, true},
		} {
			logged := len(s.log.String())
			got := s.tossed(readName, test.keys...)
			if got.body != test.want || got.cookie != nil || len(got.statements) != test.asks {
				t.Errorf("%q: %s, %s, asked %q", test.keys, got.body, got.line, got.verbs())
			}
			if logs := strings.Contains(s.log.String()[logged:], "several cookies"); logs != test.logs {
				t.Errorf("%q: the log says %q", test.keys, s.log.String()[logged:])
			}
			if got := s.tossed(untouched, test.keys...); len(got.statements) != 0 || got.cookie != nil {
				t.Errorf("%q, untouched: %s, asked %q", test.keys, got.line, got.verbs())
			}
		}
		for _, key := range []string{good, evil, dead} {
			if strings.Contains(s.log.String(), key) {
				t.Error("the log shows a key")
			}
		}
	})
}

// Where none counts, nothing is deleted at a read, also where unknown cookies are: the browser
// would be left with the planted one. A write makes a session of its own, and a new one each time.
func (on cases) TestSeveralCookiesAreNotDeleted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newSite(t, d, gormsession.WithUnknownCookieDeleted())
		good, evil := s.start(map[string]any{"name": "Ann"}), s.start(map[string]any{"name": "Eve"})
		before := s.rows()
		for name, page := range map[string]func(*Call){"R": pageR, "T": pageT, "emptied": pageE,
			"D": pageD} {
			if got := s.tossed(page, good, evil); got.cookie != nil || !maps.Equal(s.rows(), before) {
				t.Errorf("%s: %s", name, got.line)
			}
		}
		got := s.tossed(writeName("Bob"), good, evil)
		if got.cookie == nil || got.cookie.Value == good || got.cookie.Value == evil {
			t.Fatalf("a write: %s", got.line)
		}
		if name := s.entries(got.cookie.Value)["name"]; name != "Bob" || len(s.rows()) != 3 {
			t.Errorf("a write made %v", name)
		}
		// The one that counts is saved, cycled and ended like any other.
		if got := s.tossed(writeName("Amy"), deadKey(1), good); got.cookie == nil ||
			got.cookie.Value != good {
			t.Errorf("a write to the one that is live: %s", got.line)
		}
		if got := s.tossed(pageC, good, deadKey(1)); got.cookieIs(good) != "new" ||
			s.entries(got.cookie.Value)["name"] != "Amy" {
			t.Errorf("a cycle of the one that is live: %s", got.line)
		}
	})
}

// Without an access to the data too nobody gets the key of one that does not count.
func (on cases) TestKeyOfSeveralCookies(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	good, evil := s.start(map[string]any{"name": "Ann"}), s.start(map[string]any{"name": "Eve"})
	tell := func(c *Call) {
		session := c.Session()
		c.String(200, "%s %t %s", session.Key(), session.IsNew(), session.Handle())
	}
	if got := s.tossed(tell, good, deadKey(1)); got.body != good+" false "+stored(good)[:12] {
		t.Errorf("one is live: %s", got.body)
	}
	if got := s.tossed(tell, good, evil); got.body != " true " {
		t.Errorf("two are live: %s", got.body)
	}
	if err := s.db.Exec("ALTER TABLE web_sessions RENAME TO elsewhere").Error; err != nil {
		t.Fatal(err)
	}
	if got := s.tossed(tell, good, deadKey(1)); got.status != http.StatusServiceUnavailable {
		t.Errorf("a fault: %d %s", got.status, got.body)
	}
}

// A logout ends each session that the client has named, whether they were looked up or not.
func (on cases) TestFlushOfSeveralCookies(t *testing.T) {
	on.needs(t, Stream)
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		s := on.newSiteWith(t, d, c.Gorm())
		for name, page := range map[string]func(*Call){
			"at once":          pageF,
			"after a read":     func(c *Call) { pageR(c); pageF(c) },
			"after a write":    func(c *Call) { pageW(c); pageF(c) },
			"after a save":     func(c *Call) { pageW(c); _ = c.Session().Save(); pageF(c) },
			"at a status":      func(c *Call) { pageF(c); c.Status(500) },
			"in a panic":       func(c *Call) { pageF(c); panic("in the handler") },
			"saved":            func(c *Call) { pageF(c); _ = c.Session().Save() },
			"twice":            func(c *Call) { pageF(c); pageF(c) },
			"after the header": func(c *Call) { c.String(200, "x"); c.Flush(); pageF(c) },
		} {
			other := s.start(map[string]any{"name": "Bob"})
			keys := []string{s.start(map[string]any{"name": "Ann"}), deadKey(1),
				s.start(map[string]any{"name": "Eve"})}
			got := s.tossed(page, keys...)
			if rows := slices.Collect(maps.Keys(s.rows())); len(rows) != 1 || rows[0] != stored(other) {
				t.Errorf("%s: %d rows are left", name, len(rows))
			}
			if is := got.cookieIs(""); is != "deleted" && name != "after the header" {
				t.Errorf("%s: %s", name, got.line)
			}
			s.visit(other, pageF)
		}
	})
}

// However many keys a client sends, it makes the database do little.
func (on cases) TestManyCookies(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	good := s.start(map[string]any{"name": "Ann"})
	for n, want := range map[int]string{7: `"Ann"`, 8: "null", 1000: "null"} {
		keys := []string{good}
		for i := range n {
			keys = append(keys, deadKey(i))
		}
		got := s.tossed(readName, keys...)
		if got.body != want || len(got.statements) > 8 {
			t.Errorf("%d keys: %s, %d statements", n, got.body, len(got.statements))
		}
		if got := s.tossed(pageS, keys...); len(got.statements) != 0 {
			t.Errorf("%d keys, untouched: %q", n, got.verbs())
		}
	}
	var keys []string
	for i := range 1000 {
		keys = append(keys, deadKey(i))
	}
	if got := s.tossed(pageF, keys...); strings.Count(got.verbs(), "DELETE") > 8 ||
		got.cookieIs("") != "deleted" {
		t.Errorf("a logout: %d statements, %s", len(got.statements), got.line)
	}
}

// In Django's table the last key counts, as with Django; beside a former table each is looked for
// where it may be.
func (on cases) TestSeveralCookiesOfOtherTables(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newSite(t, dbtest.New(t, d.Kind()), withLayout(layout.Django()))
		s.table, s.cookieName = "django_session", "sessionid"
		ann, eve := s.start(map[string]any{"name": "Ann"}), s.start(map[string]any{"name": "Eve"})
		for want, keys := range map[string][]string{`"Eve"`: {ann, eve}, `"Ann"`: {eve, ann},
			"null": {ann, deadKey(1)}} {
			if got := s.tossed(readName, keys...); got.body != want || got.verbs() != "SELECT" {
				t.Errorf("in Django's table: %s, want %s, asked %q", got.body, want, got.verbs())
			}
		}

		r := on.newRelocation(t, d)
		old, own := r.old.start(map[string]any{"name": "Ann"}),
			r.alone.start(map[string]any{"name": "Eve"})
		odd := "a key of Django's"
		for _, test := range []struct {
			keys []string
			want string
		}{
			{[]string{old, own}, "null"}, {[]string{own, old}, "null"}, {[]string{old, deadKey(1)}, `"Ann"`},
			{[]string{deadKey(1), odd, own}, `"Eve"`}, {[]string{odd, old}, `"Ann"`}, {[]string{odd,
				deadKey(1)}, "null"},
		} {
			if got := r.two.tossed(readName, test.keys...); got.body != test.want || got.status != 200 {
				t.Errorf("beside a former table, %q: %d %s, want %s", test.keys, got.status, got.body,
					test.want)
			}
		}
		if got := r.one.tossed(readName, old, own); got.body != `"Eve"` {
			t.Errorf("in Django's table beside another one: %s", got.body)
		}
		r.two.tossed(pageF, old, own)
		if r.tables(old)+r.tables(own) != "" {
			t.Errorf("a logout left %q and %q", r.tables(old), r.tables(own))
		}
	})
}
