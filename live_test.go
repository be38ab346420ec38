package gormsession_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/django"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// liveTables are the tables of sessions, by the options that make them.
func liveTables(t *testing.T) map[string]gormsession.Option {
	t.Helper()
	tables := map[string]gormsession.Option{
		"web_sessions":   gormsession.WithOptions(),
		"django_session": django.Compatible(django.Config{SecretKey: "a secret key"}),
	}
	// Django's table under USE_TZ = False, whose wall clock hangs in TIME_ZONE.
	for _, zone := range []string{"Asia/Tokyo", "America/New_York"} {
		there, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		tables["django_session in "+zone] = django.Compatible(
			django.Config{SecretKey: "a secret key", TimeZone: there})
	}
	return tables
}

// A query of the application's own finds the live rows by the scope, to the microsecond, in our
// table and in Django's. TestLiveInZones runs this elsewhere.
func TestLive(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		for name, option := range liveTables(t) {
			db := dbtest.New(t, d.Kind()).Open(t)
			begin := time.Date(2026, 3, 8, 6, 30, 0, 0, time.UTC) // the clocks of New York go forward
			now := begin
			plugin, err := gormsession.New(db, option, gormsession.WithLifetime(2*time.Hour),
				gormsession.WithExpiryStep(0), gormsession.WithCleanup(0),
				gormsession.WithClock(func() time.Time { return now }))
			if err != nil {
				t.Fatal(err)
			}
			for _, after := range []time.Duration{0, time.Hour} {
				now = begin.Add(after)
				s, err := plugin.Open(t.Context(), "")
				if err != nil {
					t.Fatal(err)
				}
				s.Set("n", 1)
				if err := s.Save(); err != nil {
					t.Fatal(err)
				}
			}
			table, _, _ := strings.Cut(name, " ")
			for _, want := range []struct {
				at   time.Time
				live int64
			}{
				{begin.Add(2*time.Hour - time.Microsecond), 2}, {begin.Add(2 * time.Hour), 1},
				{begin.Add(3*time.Hour - time.Microsecond), 1}, {begin.Add(3 * time.Hour), 0},
			} {
				var live int64
				now = want.at
				err := db.Table(table).Scopes(plugin.Live).Where("session_key <> ?", "").Count(&live).Error
				if err != nil || live != want.live {
					t.Errorf("%s at %v: %d live, %v, want %d", name, now, live, err, want.live)
				}
			}
		}
	})
}

// The same in processes that are elsewhere, in databases of this one's servers.
func TestLiveInZones(t *testing.T) {
	environment := os.Environ()
	for variable, kind := range map[string]dbtest.Kind{
		"TEST_POSTGRES_DSN": dbtest.Postgres, "TEST_MYSQL_DSN": dbtest.MariaDB,
	} {
		environment = append(environment, variable+"="+dbtest.New(t, kind).DSN())
	}
	for _, zone := range []string{"Asia/Tokyo", "UTC", "America/New_York"} {
		process := exec.Command(os.Args[0], "-test.run=^(TestLive|TestBareTimeInTokyo)$", "-test.v")
		process.Env = append(slices.Clone(environment), "TZ="+zone)
		said, err := process.CombinedOutput()
		if err != nil || !strings.Contains(string(said), "--- PASS: TestLive/mariadb") {
			t.Errorf("%s: %v\n%s", zone, err, said)
		}
	}
}

// Why there is the scope: a bare time is compared as the driver writes it.
func TestBareTimeInTokyo(t *testing.T) {
	if os.Getenv("TZ") != "Asia/Tokyo" {
		t.Skip("it is elsewhere")
	}
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	plugin, err := gormsession.New(db, gormsession.WithLifetime(time.Hour),
		gormsession.WithCleanup(0))
	if err != nil {
		t.Fatal(err)
	}
	s, err := plugin.Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	var bare, live int64
	sessions := db.Model(&gormsession.Session{}).Session(&gorm.Session{})
	if err := sessions.Where("expire_date > ?", time.Now()).Count(&bare).Error; err != nil {
		t.Fatal(err)
	}
	if err := sessions.Scopes(plugin.Live).Count(&live).Error; err != nil {
		t.Fatal(err)
	}
	if bare != 0 || live != 1 {
		t.Errorf("a bare time finds %d, and the scope %d", bare, live)
	}
}

func ExamplePlugin_Live() {
	db, cleanup := exampleDatabase()
	defer cleanup()
	ctx := context.Background()
	plugin, err := gormsession.New(db)
	if err != nil {
		log.Fatal(err)
	}
	s, err := plugin.Open(ctx, "")
	if err != nil {
		log.Fatal(err)
	}
	if err := s.Save(); err != nil {
		log.Fatal(err)
	}

	var live int64
	err = db.Model(&gormsession.Session{}).Scopes(plugin.Live).Count(&live).Error
	fmt.Println(live, err)
	// Output: 1 <nil>
}
