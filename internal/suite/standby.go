package suite

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// writingPages are pages each of which writes to its session.
var writingPages = map[string]func(*Call){
	"Set":        func(c *Call) { c.Session().Set("at", time.Now().String()) },
	"Modify":     increment,
	"Flash":      func(c *Call) { c.Session().Flash("hello") },
	"cycle":      func(c *Call) { c.Session().CycleKey() },
	"flush":      func(c *Call) { c.Session().Flush() },
	"Set, Save":  func(c *Call) { increment(c); _ = c.Session().Save() },
	"touch":      func(c *Call) { c.Session().Touch() },
	"set expiry": func(c *Call) { c.Session().SetExpiry(time.Hour) },
	"create":     increment,
}

// While PostgreSQL's synchronous standby is away, whatever is written may be gone after a failover,
// though the primary shows it once the wait is over: nothing is acknowledged on the strength of a
// look.
func (on cases) TestSynchronousStandbyIsAway(t *testing.T) {
	server := dbtest.StartServer(t, dbtest.Postgres)
	admin := server.DB(t).Open(t)
	var sites, users []*site
	var keys []map[string]string
	for _, c := range dbtest.RunConfigs(t) {
		s := on.newSiteWith(t, server.DB(t), c.Gorm(), gormsession.WithTimeout(700*time.Millisecond))
		own := map[string]string{}
		for name := range writingPages {
			if name != "create" {
				own[name] = s.start(map[string]any{"n": 1})
			}
		}
		s.clock.advance(24 * time.Hour) // so that a touch is due
		sites, keys = append(sites, s), append(keys, own)
		u := on.newSiteOn(t, s.db, gormsession.WithTimeout(700*time.Millisecond),
			gormsession.WithTable("of_users"), gormsession.WithUsers(),
			gormsession.WithKeyRotation(time.Hour))
		users = append(users, u)
		u.moved("", logIn("ann"))
		own["logout with rotation"] = u.moved("", logIn("bob"))
	}
	asks := func(names string, status int) {
		t.Helper()
		err := admin.Connection(func(conn *gorm.DB) error {
			for _, statement := range []string{
				"SET synchronous_commit = local", // the setting itself must not wait
				"ALTER SYSTEM SET synchronous_standby_names = '" + names + "'",
				"SELECT pg_reload_conf()",
			} {
				if err := conn.Exec(statement).Error; err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for try := 0; sites[0].visit("", increment).status != status; try++ {
			if try == 200 {
				t.Fatal("the server does not notice its settings")
			}
		}
	}
	each := func(name string, test func(t *testing.T, s *site, keys map[string]string)) {
		t.Run(name, func(t *testing.T) {
			for i, c := range dbtest.RunConfigs(t) {
				t.Run(c.Name, func(t *testing.T) {
					t.Parallel()
					test(t, sites[i], keys[i])
				})
			}
		})
	}
	asks("away", http.StatusServiceUnavailable)
	each("away", func(t *testing.T, s *site, keys map[string]string) {
		for name, page := range writingPages {
			before := len(s.log.String())
			got := s.visit(keys[name], page)
			if got.status != http.StatusServiceUnavailable || got.cookie != nil {
				t.Errorf("%s was answered with %d, %q", name, got.status, got.line)
			}
			said := s.log.String()[before:]
			if !strings.Contains(said, gormsession.ErrOutcomeUnknown.Error()) {
				t.Errorf("%s: the log says\n%s", name, said)
			}
		}
		if got := s.visit(keys["Modify"], showCounter); got.status != http.StatusOK {
			t.Errorf("a read was answered with %d", got.status)
		}
		u := users[slices.Index(sites, s)]
		if n, err := u.plugin.EndAll(t.Context(), "ann"); !errors.Is(err, gormsession.ErrOutcomeUnknown) {
			t.Errorf("the end of all: %d, %v", n, err)
		}
		if got := u.visit(keys["logout with rotation"], pageF); !got.is503() ||
			!strings.Contains(u.log.String(), gormsession.ErrOutcomeUnknown.Error()) {
			t.Errorf("a logout with rotation was answered with %d\n%s", got.status, u.log)
		}
	})
	asks("", http.StatusOK)
	each("not asked for", func(t *testing.T, s *site, keys map[string]string) {
		s.clock.advance(24 * time.Hour)
		for name, page := range writingPages {
			if name == "cycle" || name == "flush" {
				keys[name] = s.start(map[string]any{"n": 1})
			}
			if got := s.visit(keys[name], page); got.status != http.StatusOK {
				t.Errorf("%s was answered with %d\n%s", name, got.status, s.log)
			}
		}
	})
}
