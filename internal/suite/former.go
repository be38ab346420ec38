package suite

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Both servers serve the sessions of both tables, and save each where it is; new ones and new keys
// go to the own table.
func (on cases) TestFormer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		r := on.newRelocation(t, d)
		begun := map[string]struct {
			s     *site
			table string
		}{"old": {r.old, "old"}, "one": {r.one, "old"}, "two": {r.two, "new"}, "alone": {r.alone, "new"}}
		for from, begin := range begun {
			for phase, s := range r.servers() {
				key := begin.s.start(map[string]any{"name": "Ann"})
				if got := s.visit(key, readName); got.body != `"Ann"` || got.cookieIs(key) != "" {
					t.Errorf("%s of %s reads %s, the cookie is %q", phase, from, got.body, got.cookieIs(key))
				}
				if got := s.visit(key, writeName("Bob")); got.status != http.StatusOK ||
					got.cookieIs(key) != "refreshed" {
					t.Errorf("%s of %s: a write was answered with %d, the cookie is %q", phase, from, got.status,
						got.cookieIs(key))
				}
				if in := r.tables(key); in != begin.table {
					t.Errorf("%s of %s: a write leaves rows in %q", phase, from, in)
				}
				if got := begin.s.visit(key, readName).body; got != `"Bob"` {
					t.Errorf("%s of %s: the server of before reads %s", phase, from, got)
				}
				if ok, err := s.plugin.Exists(context.Background(), key); !ok || err != nil {
					t.Errorf("%s of %s: the session exists: %t, %v", phase, from, ok, err)
				}
				cycled := s.visit(key, func(c *Call) { c.Session().CycleKey() })
				if cycled.cookieIs(key) != "new" {
					t.Fatalf("%s of %s: after a cycle the cookie is %q, status %d", phase, from,
						cycled.cookieIs(key), cycled.status)
				}
				own := map[string]string{"one": "old", "two": "new"}[phase]
				if was, is := r.tables(key), r.tables(cycled.cookie.Value); was != "" || is != own {
					t.Errorf("%s of %s: a cycle leaves the old key in %q and the new one in %q", phase, from, was,
						is)
				}
				single := map[string]*site{"old": r.old, "new": r.alone}[own]
				for name, other := range map[string]*site{
					"one":               r.one,
					"two":               r.two,
					"that of one table": single,
				} {
					if got := other.visit(cycled.cookie.Value, readName).body; got != `"Bob"` {
						t.Errorf("%s of %s: after a cycle %s reads %s", phase, from, name, got)
					}
				}
				for end, page := range map[string]func(*Call, string){
					"Flush": func(c *Call, _ string) { c.Session().Flush() },
					"Delete": func(c *Call, key string) {
						if err := s.plugin.Delete(c.Request.Context(), key); err != nil {
							t.Error(err)
						}
					},
				} {
					key := begin.s.start(map[string]any{"name": "Ann"})
					if s.visit(key, func(c *Call) { page(c, key) }); r.tables(key) != "" {
						t.Errorf("%s of %s: %s leaves a row in %q", phase, from, end, r.tables(key))
					}
				}
			}
		}
	})
}

// What a request asks of the database: nothing more where the row is in the own table.
func (on cases) TestFormerStatements(t *testing.T) {
	write := "BEGIN UPDATE COMMIT"
	flush := strings.Repeat("BEGIN DELETE COMMIT ", 3)
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		r := on.newRelocation(t, d)
		ofOld := func() string { return r.old.start(map[string]any{"name": "Ann"}) }
		ofNew := func() string { return r.alone.start(map[string]any{"name": "Ann"}) }
		short := "short key"
		if err := r.old.db.Exec("INSERT INTO django_session VALUES (?, ?, '2026-03-05 00:00:00')", short, `tagged:{"name":"Ann"}`).Error; err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name string
			s    *site
			key  string
			page func(*Call)
			want string
		}{
			{"one, untouched", r.one, ofNew(), untouched, ""},
			{"one, read, own", r.one, ofOld(), readName, "SELECT"},
			{"one, read, former", r.one, ofNew(), readName, "SELECT SELECT"},
			{"one, write, own", r.one, ofOld(), writeName("Bob"), "SELECT " + write},
			{"one, write, former", r.one, ofNew(), writeName("Bob"), "SELECT SELECT " + write},
			{"one, a key of Django's", r.one, short, writeName("Bob"), "SELECT " + write},
			{"two, untouched", r.two, ofOld(), untouched, ""},
			{"two, read, own", r.two, ofNew(), readName, "SELECT"},
			{"two, read, former", r.two, ofOld(), readName, "SELECT SELECT"},
			{"two, write, own", r.two, ofNew(), writeName("Bob"), "SELECT " + write},
			{"two, write, former", r.two, ofOld(), writeName("Bob"), "SELECT SELECT " + write},
			{"two, a key of Django's", r.two, short, writeName("Cid"), "SELECT " + write},
			{"two, unknown", r.two, strings.Repeat("unknown0", 4), readName, "SELECT SELECT SELECT"},
			{"two, unknown key of Django's", r.two, "unknown0", readName, "SELECT"},
			{"two, malformed", r.two, "unknown", readName, ""},
			{"two, cycle of a former row", r.two, ofOld(), func(c *Call) { c.Session().CycleKey() },
				"SELECT SELECT BEGIN DELETE INSERT COMMIT"},
			{"two, flush", r.two, ofOld(), func(c *Call) { c.Session().Flush() }, strings.TrimSpace(flush)},
			{"two, new", r.two, "", writeName("Bob"), "BEGIN INSERT COMMIT"},
		} {
			if !strings.Contains(c.name, "cycle") { // which has two writes
				c.want = c.s.single(c.want)
			}
			got := c.s.visit(c.key, c.page)
			if got.verbs() != c.want || got.status != http.StatusOK {
				t.Errorf("%s: asked %q, want %q, status %d\n%q", c.name, got.verbs(), c.want, got.status,
					got.statements)
			}
		}
	})
}

// formerDeeds are what a request does to the n of a session that is 1, whose row is moved
// meanwhile, and what n is then.
var formerDeeds = map[string]struct {
	do   func(s *gormsession.State)
	want string
}{
	"Modify": {func(s *gormsession.State) { counter.Modify(s, plusOne) }, "2"},
	"Modify and Save": {
		func(s *gormsession.State) { counter.Modify(s, plusOne); _ = s.Save() }, "2",
	},
	"Modify and cycle": {
		func(s *gormsession.State) { counter.Modify(s, plusOne); s.CycleKey() }, "2",
	},
	"Set":               {func(s *gormsession.State) { s.Set("n", 7) }, "7"},
	"Set what is there": {func(s *gormsession.State) { s.Set("n", 1) }, "1"},
	"Save":              {func(s *gormsession.State) { _ = s.Save() }, "1"},
	"SetExpiry":         {func(s *gormsession.State) { s.SetExpiry(time.Minute) }, "1"},
	"Touch":             {func(s *gormsession.State) { s.Touch() }, "1"},
	"Flush":             {func(s *gormsession.State) { s.Flush() }, "0"},
	"Clear":             {func(s *gormsession.State) { s.Clear() }, "0"},
	"Discard":           {func(s *gormsession.State) { s.Set("n", 7); s.Discard() }, "1"},
}

// A row that is moved while a request runs is found again: nobody is logged out, no change is lost,
// and a logout is one.
func (on cases) TestFormerRowMovesMeanwhile(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		r := on.newRelocation(t, d)
		move := r.mover(t, d)
		for phase, s := range r.servers() {
			for name, deed := range formerDeeds {
				for _, when := range []string{
					"before the load", "before the save", "before the last SELECT or DELETE",
				} {
					what := phase + ", " + name + ", " + when
					key := r.old.start(map[string]any{"n": 1})
					once := func() {
						s.statements.Hook(nil)
						move()
					}
					switch {
					case when == "before the save" || name == "Flush" && when == "before the load":
					case when == "before the load":
						once()
					case phase == "two": // between the look at its own table and that at the former one
						s.statements.Hook(func(sql string) {
							if strings.Contains(sql, "django_session") {
								once()
							}
						})
					}
					got := s.visit(key, func(c *Call) {
						session := c.Session()
						if name != "Flush" {
							_ = session.Load() // a failure is sticky
						}
						if when == "before the save" {
							once()
						}
						deed.do(session)
					})
					s.statements.Hook(nil)
					if got.status != http.StatusOK || strings.Contains(s.log.String(), "level=ERROR") {
						t.Fatalf("%s: answered with %d\n%s", what, got.status, s.log)
					}
					now := key
					if got.cookie != nil && name != "Flush" {
						now = got.cookie.Value
					}
					for other, s := range r.servers() {
						if n := s.visit(now, showCounter).body; n != deed.want {
							t.Errorf("%s: %s has n at %s, not %s", what, other, n, deed.want)
						}
					}
					if name == "Flush" && r.tables(key) != "" {
						t.Errorf("%s: rows are left in %q", what, r.tables(key))
					}
				}
			}
		}
	})
}

// A session that ends while its row is moved has ended.
func (on cases) TestFormerLogoutMeanwhile(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		r := on.newRelocation(t, d)
		move := r.mover(t, d)
		for phase, s := range r.servers() {
			key := r.old.start(map[string]any{"n": 1})
			got := s.visit(key, func(c *Call) {
				counter.Modify(c.Session(), plusOne)
				move()
				if err := s.plugin.Delete(c.Request.Context(), key); err != nil {
					t.Error(err)
				}
			})
			if got.status != http.StatusBadRequest || got.cookie != nil || r.tables(key) != "" {
				t.Errorf("%s: a save after the logout was answered with %d, and left rows in %q", phase,
					got.status, r.tables(key))
			}
		}
	})
}
