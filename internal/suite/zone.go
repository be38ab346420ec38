package suite

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// When the clocks of New York go back, and forward.
var clockChanges = []time.Time{
	time.Date(2026, 11, 1, 6, 0, 0, 0, time.UTC), time.Date(2026, 3, 8, 7, 0, 0, 0, time.UTC),
}

// A session ends at its instant, to the microsecond, in whatever zone program, driver and server
// believe themselves to be, also in the hour that a clock shows twice. The parent of TestZones runs
// this in UTC or where the machine is, its processes elsewhere.
func (on behind) TestZone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		for name, db := range zonedHandles(t, d) {
			t.Run(name, func(t *testing.T) {
				s := on.newSiteOn(t, db, gormsession.WithLifetime(time.Hour), gormsession.WithExpiryStep(0))
				for _, change := range clockChanges {
					checkInstants(t, s, change)
					checkInstants(t, s, change.Add(time.Microsecond))
				}
			})
		}
	})
}

// checkInstants takes sessions over a change of the clocks.
func checkInstants(t *testing.T, s *site, change time.Time) {
	t.Helper()
	for _, offset := range []time.Duration{-90 * time.Minute, -45 * time.Minute, 0} {
		begin := change.Add(offset)
		end := begin.Add(time.Hour)
		s.clock.set(begin)
		key := s.start(map[string]any{"name": "Ann"})
		if got := s.rows()[stored(key)].expire; !got.Equal(end) {
			t.Errorf("begun at %v: expire_date is %v, want %v", begin, got, end)
		}
		// A touch knows the row again by its expire_date, a save that comes too late by its text.
		s.clock.advance(20 * time.Minute)
		if s.visit(key, pageT); !s.rows()[stored(key)].expire.Equal(end.Add(20 * time.Minute)) {
			t.Errorf("begun at %v: not touched, %v", begin, s.rows()[stored(key)].expire)
		}
		end = end.Add(20 * time.Minute)
		s.visit(key, func(c *Call) {
			session := c.Session()
			session.SetExpiryAt(end)
			s.visit(key, writeName("Bob"))
		})
		if is := s.entries(key)["name"]; is != "Bob" || !s.rows()[stored(key)].expire.Equal(end) {
			t.Errorf("begun at %v: %v has until %v", begin, is, s.rows()[stored(key)].expire)
		}
		s.clock.set(end.Add(-time.Microsecond))
		if s.entries(key) == nil {
			t.Errorf("ends at %v: dead a microsecond before", end)
		}
		s.clock.set(end)
		if s.entries(key) != nil {
			t.Errorf("ends at %v: alive", end)
		}
		if n, err := s.plugin.ClearExpired(context.Background()); n != 0 || err != nil {
			t.Errorf("ends at %v: cleared %d, %v", end, n, err)
		}
		s.clock.set(end.Add(time.Microsecond))
		if n, err := s.plugin.ClearExpired(context.Background()); n != 1 || err != nil {
			t.Errorf("ends at %v: cleared %d a microsecond later, %v", end, n, err)
		}
	}
}

// zonedHandles are ways to connect to one database. The usual one of MySQL's has loc=Local.
func zonedHandles(t *testing.T, d *dbtest.DB) map[string]*gorm.DB {
	t.Helper()
	dsns := map[string]string{"default": d.DSN()}
	switch d.Kind() {
	case dbtest.SQLite:
		dsns["loc=auto"] = d.DSN() + "&_loc=auto"
	case dbtest.Postgres:
		separator := " "
		if strings.Contains(d.DSN(), "://") {
			separator = "?"
			if strings.Contains(d.DSN(), "?") {
				separator = "&"
			}
		}
		dsns["TimeZone"] = d.DSN() + separator + "TimeZone=America/New_York"
	case dbtest.MariaDB:
		c, err := mysqldriver.ParseDSN(d.DSN())
		if err != nil {
			t.Fatal(err)
		}
		for name, edit := range map[string]func(){
			"loc=UTC":         func() { c.Loc = time.UTC },
			"loc=Local":       func() { c.Loc = time.Local },
			"time_zone":       func() { c.Params = map[string]string{"time_zone": "'-05:00'"} },
			"parseTime=false": func() { c.ParseTime = false },
			"interpolated":    func() { c.InterpolateParams = true },
		} {
			edit()
			dsns[name] = c.FormatDSN()
		}
	}
	handles := map[string]*gorm.DB{}
	for name, dsn := range dsns {
		db, err := dbtest.OpenDSN(d.Kind(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { pool.Close() })
		handles[name] = db
	}
	return handles
}

// Where the table holds a wall clock, as Django's without USE_TZ, a short session lives for its
// time, is saved and renewed, and ends, also when the hands are put back: so long an end would be
// over at once, and then one that is to come would be taken for one that is over.
func (on behind) TestHandsThatArePutBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		for name, turn := range map[string]time.Time{
			"America/New_York": clockChanges[0],
			"Europe/Berlin":    time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC),
		} {
			zone, err := time.LoadLocation(name)
			if err != nil {
				t.Fatal(err)
			}
			wall := layout.Own()
			wall.Location = zone
			s := on.newSite(t, d, withLayout(wall), gormsession.WithLifetime(30*time.Minute))
			for at := -100 * time.Minute; at <= 100*time.Minute; at += 10 * time.Minute {
				s.clock.set(turn.Add(at))
				what := fmt.Sprintf("%s, begun %v after the turn", name, at)
				wants := func(page string, got reply) {
					t.Helper()
					if n, err := s.plugin.ClearExpired(t.Context()); n != 0 || err != nil {
						t.Errorf("%s, %s: %d were cleared, %v", what, page, n, err)
					}
					if got.status != http.StatusOK || got.cookie == nil {
						t.Errorf("%s, %s: %d, and the cookie is %v", what, page, got.status, got.cookie)
					}
				}
				key := s.start(map[string]any{"name": "Ann"})
				s.clock.advance(25 * time.Minute)
				wants("write", s.visit(key, writeName("Bob")))
				s.clock.advance(25 * time.Minute)
				wants("touch", s.visit(key, pageT))
				s.clock.advance(25 * time.Minute)
				wants("fix the end", s.visit(key, func(c *Call) {
					c.Session().SetExpiryAt(s.clock.Now().Add(30 * time.Minute))
				}))
				s.clock.advance(25 * time.Minute)
				if got := s.visit(key, writeName("Eve")); got.status != http.StatusOK ||
					s.entries(key)["name"] != "Eve" {
					t.Errorf("%s, before the fixed end: %d", what, got.status)
				}
				s.clock.advance(2 * time.Hour)
				if s.entries(key) != nil {
					t.Errorf("%s: it does not end", what)
				}
				s.clock.set(turn.Add(at))
				key = s.start(map[string]any{"name": "Ann"})
				s.visit(key, func(c *Call) { c.Session().SetExpiry(-20 * time.Minute) })
				if s.entries(key) != nil {
					t.Errorf("%s: it does not end with its request", what)
				}
				s.exec("DELETE FROM web_sessions")
			}
		}
	})
}

// The same in processes that are elsewhere, in databases of this one's servers.
func (on behind) TestZones(t *testing.T) {
	environment := os.Environ()
	one := strings.Replace(t.Name(), "Zones", "Zone", 1)
	for variable, kind := range map[string]dbtest.Kind{
		"TEST_POSTGRES_DSN": dbtest.Postgres,
		"TEST_MYSQL_DSN":    dbtest.MariaDB,
	} {
		environment = append(environment, variable+"="+dbtest.New(t, kind).DSN())
	}
	for _, zone := range []string{"America/New_York", "Asia/Kathmandu"} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			if _, err := time.LoadLocation(zone); err != nil {
				t.Fatal(err)
			}
			process := exec.Command(os.Args[0], "-test.run=^"+strings.ReplaceAll(one, "/", "$/^")+"$",
				"-test.v")
			process.Env = append(slices.Clone(environment), "TZ="+zone)
			output, err := process.CombinedOutput()
			if err != nil || !strings.Contains(string(output), "--- PASS: "+one+"/mariadb") {
				t.Errorf("%v\n%s", err, output)
			}
		})
	}
}
