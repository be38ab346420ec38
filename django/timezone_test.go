package django

import (
	"errors"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/djangotest"
)

func chicago(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/Chicago")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// With USE_TZ = False, Django's clock hangs on a wall in TIME_ZONE.
func TestTimeZone(t *testing.T) {
	t.Parallel()
	zone := chicago(t)
	settings := djangotest.Settings{"USE_TZ": false, "TIME_ZONE": zone.String()}
	config := Config{SecretKey: djangotest.SecretKey, TimeZone: zone}
	for _, version := range []djangotest.Version{djangotest.V32, djangotest.V52, djangotest.V61} {
		t.Run(string(version), func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, version, func(t *testing.T, db *dbtest.DB) {
				p := newPair(t, version, db, settings, config)
				testTimeZone(t, p, zone)
				takeTurns(t, p, zone, 80)
				testClear(t, p)
			})
		})
	}
}

// testTimeZone: one side's dates are the other's, and stand in the table as Django writes them.
func testTimeZone(t *testing.T, p *pair, zone *time.Location) {
	client := newVisitor(t)
	at := time.Date(2099, 7, 1, 12, 0, 0, 250000000, time.UTC)
	stored, text := zone, "2099-07-01 07:00:00.250000"
	if p.db.Kind() == dbtest.Postgres {
		stored, text = time.UTC, "2099-07-01 12:00:00.250000"
	}
	if p.django.Version != djangotest.V32 { // which cannot read what it stores then
		p.gin.do(client, func(s *gormsession.State) { s.SetExpiryAt(at) })
		if row, _ := p.gin.row(p.gin.keyOf(client)); row.Expire != text {
			t.Errorf("expire_date is %s, want %s", row.Expire, text)
		}
		if got := p.django.Must(t, client,
			step{"get", "_session_expiry"}); got.Result(t, 0) != "2099-07-01T07:00:00.250000" {
			t.Errorf("Django reads %s", got.Results[0])
		}
	}
	// One that Django has saved: an hour, where the offset is five or six.
	p.django.Must(t, client, step{"set_expiry", 3600})
	row, _ := p.gin.row(p.gin.keyOf(client))
	if left := time.Until(row.expires(t, stored)); left < 59*time.Minute || left > time.Hour {
		t.Errorf("Django's row lives for %v", left)
	}
	p.gin.do(client, func(s *gormsession.State) {
		if s.IsNew() || s.Get("_session_expiry") != int64(3600) {
			t.Error("Go does not see Django's session")
		}
	})
}

// 9999 is the last year by the wall clock too: what ends later is refused, as its text would come
// before all others on SQLite, MySQL does not take it, and Django cannot read it.
func TestLastYearOnTheWall(t *testing.T) {
	t.Parallel()
	east := time.FixedZone("", 9*60*60)
	utc, wall := Config{SecretKey: testSecret}, Config{SecretKey: testSecret, TimeZone: east}
	never := time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC)
	old := gormsession.WithFormer(Compatible(wall), gormsession.WithTable("old_sessions"))
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		for _, c := range []struct {
			site    *site
			last    time.Time
			refuses bool
		}{
			{newSite(t, d.Open(t), utc), never, false},
			{newSite(t, d.Open(t), wall), never.Add(-9 * time.Hour), false},
			{newSite(t, d.Open(t), wall), never.Add(-9*time.Hour + time.Microsecond), true},
			{newSite(t, d.Open(t), utc, old), never, true},
		} {
			s, err := c.site.plugin.Open(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			s.Set("a", 1)
			s.SetExpiryAt(c.last)
			if refused := errors.Is(s.Err(), gormsession.ErrEncode); refused != c.refuses {
				t.Errorf("%v is refused: %v, %v", c.last, refused, s.Err())
			}
			if c.refuses {
				continue
			}
			if err := s.Save(); err != nil {
				t.Error(err)
			}
			again, err := c.site.plugin.Open(t.Context(), s.Key())
			if err != nil || !again.Has("a") || !again.ExpiryDate().Equal(c.last) {
				t.Errorf("a session until %v ends at %v, %v", c.last, again.ExpiryDate(), err)
			}
		}
	})
}
