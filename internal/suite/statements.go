package suite

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// What a request asks of the database, by what it does, is the same on each database and under each
// of the handles that applications have.
func (on cases) TestStatements(t *testing.T) {
	cases := []struct {
		name    string
		request string // what the request brings: "" nothing, "live", or a cookie
		page    func(*Call)
		advance time.Duration
		wrapped string // the statements where each write has a transaction
		bare    string // and under SkipDefaultTransaction
		cookie  string
	}{
		{"untouched without a cookie", "", untouched, 0, "", "", ""},
		{"untouched", "live", untouched, 0, "", "", ""},
		{"read without a cookie", "", readName, 0, "", "", ""},
		{"read", "live", readName, 0, "SELECT", "SELECT", ""},
		{"read twice", "live", func(c *Call) { readName(c); readName(c) }, 0, "SELECT", "SELECT", ""},
		{"malformed cookie, read", "Not-A-Key", readName, 0, "", "", "deleted"},
		{"malformed cookie, written", "Not-A-Key", writeName("Eve"), 0, "BEGIN INSERT COMMIT", "INSERT",
			"new"},
		{"new session", "", writeName("Ann"), 0, "BEGIN INSERT COMMIT", "INSERT", "new"},
		{"write", "live", writeName("Bob"), 0, "SELECT BEGIN UPDATE COMMIT", "SELECT UPDATE",
			"refreshed"},
		{"write in a later step", "live", writeName("Bob"), 24 * time.Hour, "SELECT BEGIN UPDATE COMMIT",
			"SELECT UPDATE", "refreshed"},
		{"write what is there, within a step", "live", writeName("Ann"), time.Minute, "SELECT", "SELECT",
			""},
		{"write what is there, in a later step", "live", writeName("Ann"), 24 * time.Hour,
			"SELECT BEGIN UPDATE COMMIT", "SELECT UPDATE", "refreshed"},
		{"cycle", "live", func(c *Call) { c.Session().CycleKey() }, 0, "SELECT BEGIN UPDATE COMMIT",
			"SELECT BEGIN UPDATE COMMIT", "new"},
		{"cycle and write", "live", func(c *Call) { writeName("Bob")(c); c.Session().CycleKey() }, 0,
			"SELECT BEGIN UPDATE COMMIT", "SELECT BEGIN UPDATE COMMIT", "new"},
		{"login", "live", logIn(42), 0, "SELECT BEGIN UPDATE COMMIT", "SELECT BEGIN UPDATE COMMIT",
			"new"},
		{"take", "live", func(c *Call) { gormsession.Field[string]("name").Take(c.Session()) }, 0,
			"SELECT BEGIN UPDATE COMMIT", "SELECT BEGIN UPDATE COMMIT", ""},
		{"flush", "live", func(c *Call) { c.Session().Flush() }, 0, "BEGIN DELETE COMMIT", "DELETE",
			"deleted"},
		{"flush after a read", "live", func(c *Call) { readName(c); c.Session().Flush() }, 0,
			"SELECT BEGIN DELETE COMMIT", "SELECT DELETE", "deleted"},
		{"flush without a session", "", func(c *Call) { c.Session().Flush() }, 0, "", "", ""},
		{"touch within a step", "live", func(c *Call) { c.Session().Touch() }, time.Minute, "SELECT",
			"SELECT", ""},
		{"touch in a later step", "live", func(c *Call) { c.Session().Touch() }, 24 * time.Hour,
			"SELECT BEGIN UPDATE COMMIT", "SELECT UPDATE", "refreshed"},
		{"save in a later step", "live", func(c *Call) { _ = c.Session().Save() }, 24 * time.Hour,
			"SELECT BEGIN UPDATE COMMIT", "SELECT UPDATE", ""},
		{"write and save", "live", func(c *Call) { writeName("Bob")(c); _ = c.Session().Save() }, 0,
			"SELECT BEGIN UPDATE COMMIT", "SELECT UPDATE", ""},
		{"write and save in a later step", "live", func(c *Call) {
			writeName("Cid")(c)
			_ = c.Session().Save()
		}, 24 * time.Hour,
			"SELECT BEGIN UPDATE COMMIT SELECT", "SELECT UPDATE SELECT", "refreshed"},
		{"key, handle, emptiness", "live", func(c *Call) {
			s := c.Session()
			_, _, _, _ = s.Key(), s.Handle(), s.IsEmpty(), s.IsNew()
		}, 0, "", "", ""},
		{"write with 500", "live", func(c *Call) { writeName("Bob")(c); c.Status(500) }, 0, "SELECT",
			"SELECT", ""},
	}
	configs := map[string]*gorm.Config{
		"default":                {},
		"SkipDefaultTransaction": {SkipDefaultTransaction: true},
		"PrepareStmt":            {PrepareStmt: true},
	}
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		for handle, config := range configs {
			t.Run(handle, func(t *testing.T) {
				t.Parallel()
				s := on.newSiteWith(t, dbtest.New(t, d.Kind()), config)
				for _, c := range cases {
					key := c.request
					if key == "live" {
						key = s.start(map[string]any{"name": "Ann"})
					}
					before := s.rows()[stored(key)]
					s.clock.advance(c.advance)
					got := s.visit(key, c.page)
					want := c.wrapped
					if s.db.SkipDefaultTransaction {
						want = c.bare
					}
					if got.verbs() != want {
						t.Errorf("%s: asked %q, want %q\n%q", c.name, got.verbs(), want, got.statements)
					}
					if is := got.cookieIs(key); is != c.cookie {
						t.Errorf("%s: the cookie is %q, want %q: %s", c.name, is, c.cookie, got.line)
					}
					touch := strings.HasPrefix(c.name, "touch")
					for _, statement := range got.statements {
						if touch && strings.HasPrefix(statement, "UPDATE") &&
							strings.Contains(statement, "session_data") {
							t.Errorf("%s: writes more than expire_date: %s", c.name, statement)
						}
					}
					if after := s.rows()[stored(key)]; strings.Contains(want, "UPDATE") && c.advance > time.Hour &&
						!after.expire.After(before.expire) {
						t.Errorf("%s: expire_date stays %v", c.name, after.expire)
					}
				}
			})
		}
	})
}

// A Save that changes nothing asks all the same whether the session is alive. MariaDB counts the
// rows that it changed rather than those that it found, so there it takes a second look.
func (on cases) TestStatementsOfASaveThatChangesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newSite(t, d)
		key := s.start(map[string]any{"name": "Ann"})
		want := s.single("SELECT BEGIN UPDATE COMMIT")
		switch {
		case d.Kind() == dbtest.MariaDB && s.db.SkipDefaultTransaction:
			want = "SELECT UPDATE BEGIN SELECT COMMIT"
		case d.Kind() == dbtest.MariaDB:
			want = "SELECT BEGIN UPDATE SELECT COMMIT"
		}
		got := s.visit(key, func(c *Call) { c.String(200, "%v", c.Session().Save()) })
		if got.verbs() != want || got.body != "<nil>" {
			t.Errorf("asked %q, which gave %s", got.verbs(), got.body)
		}
		got = s.visit(key, func(c *Call) {
			session := c.Session()
			session.Get("name")
			if err := s.plugin.Delete(c.Request.Context(), key); err != nil {
				t.Error(err)
			}
			if err := session.Save(); !errors.Is(err, gormsession.ErrInterrupted) {
				t.Errorf("the save of a deleted session gave %v", err)
			}
		})
		if got.status != http.StatusBadRequest || got.cookie != nil || len(s.rows()) != 0 {
			t.Errorf("the save of a deleted session: %d, %s, %d rows", got.status, got.line, len(s.rows()))
		}
	})
}

// A long text takes no other statements, and no column cuts it off.
func (on cases) TestStatementsOfALongText(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newSite(t, d)
		long := strings.Repeat("é", 40_000)
		key := s.start(map[string]any{"name": long})
		if got := s.visit(key,
			writeName(long+"!")); got.verbs() != s.single("SELECT BEGIN UPDATE COMMIT") {
			t.Errorf("asked %q", got.verbs())
		}
		if got := s.entries(key)["name"]; got != long+"!" {
			t.Errorf("%d bytes came back", len(got.(string)))
		}
	})
}

// Django's way, by WithExpiryStep(0): each save is sent, and sets expire_date to the microsecond.
func (on cases) TestStatementsWithoutAStep(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newSite(t, d, gormsession.WithExpiryStep(0))
		key := s.start(map[string]any{"name": "Ann"})
		for name, page := range map[string]func(*Call){"write": writeName("Ann"), "touch": pageT} {
			s.clock.advance(time.Microsecond)
			got := s.visit(key, page)
			if got.verbs() != s.single("SELECT BEGIN UPDATE COMMIT") {
				t.Errorf("%s: asked %q", name, got.verbs())
			}
			if got, want := s.rows()[stored(key)].expire,
				s.clock.Now().Add(14*24*time.Hour); !got.Equal(want) {
				t.Errorf("%s: expire_date is %v, want %v", name, got, want)
			}
			if again := s.visit(key, page); !strings.HasPrefix(again.verbs(),
				strings.TrimSuffix(s.single("SELECT BEGIN UPDATE COMMIT"), " COMMIT")) {
				t.Errorf("%s within the microsecond: asked %q", name, again.verbs())
			}
		}
	})
}
