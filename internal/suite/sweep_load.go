package suite

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// However many sessions come, the table stays within a small factor of those that live: 200 a
// minute that live ten minutes, for three hours, of one process and of two. Only few of them are
// made by requests here, so a sweep has less occasion than it would have.
func (on behind) TestSweepKeepsUp(t *testing.T) {
	const perMinute, lifetime = 200, 10 * time.Minute
	const live = perMinute * int(lifetime/time.Minute)
	for processes := 1; processes <= 2; processes++ {
		dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
			t.Parallel()
			s := on.newSite(t, d, gormsession.WithLifetime(lifetime),
				gormsession.WithCleanup(10*time.Minute))
			sites := []*site{s}
			for range processes - 1 {
				sites = append(sites, on.newSiteOn(t, d.Open(t), gormsession.WithLifetime(lifetime),
					gormsession.WithClock(s.clock.Now), gormsession.WithCleanup(10*time.Minute)))
			}
			most := int64(0)
			for range 180 {
				s.clock.advance(time.Minute)
				s.plant(perMinute-4, s.clock.Now().Add(lifetime))
				for i := range 4 {
					sites[i%len(sites)].startAndSweep()
				}
				var rows int64
				if err := s.db.Table(s.table).Count(&rows).Error; err != nil {
					t.Fatal(err)
				}
				most = max(most, rows)
			}
			if most > int64(5*live/2) {
				t.Errorf("of %d live rows the table has had %d", live, most)
			}
		})
	}
}

// Where the database keeps what it is told to delete, a full batch is no reason to try at each
// insert.
func (on behind) TestSweepOfRowsThatAreKept(t *testing.T) {
	for _, k := range []dbtest.Kind{dbtest.SQLite, dbtest.Postgres} {
		t.Run(string(k), func(t *testing.T) {
			t.Parallel()
			s := on.newSite(t, dbtest.New(t, k), gormsession.WithCleanup(10*time.Minute))
			s.plant(1200, s.clock.Now().Add(-time.Hour))
			s.keeps("true")
			s.startAndSweep()
			s.statements.Reset()
			for range 3 {
				s.startAndSweep()
			}
			if strings.Contains(fmt.Sprint(s.statements.All()), "DELETE") {
				t.Error("it tries again at each insert")
			}
		})
	}
}

// keeps has the database keep the rows of a condition when it is told to delete them.
func (s *site) keeps(condition string) {
	s.t.Helper()
	trigger := []string{"CREATE TRIGGER keep BEFORE DELETE ON web_sessions WHEN " +
		strings.ReplaceAll(condition, "true", "1") + " BEGIN SELECT RAISE(IGNORE); END"}
	if s.db.Dialector.Name() == "postgres" {
		trigger = []string{
			"CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
			"CREATE TRIGGER keep BEFORE DELETE ON web_sessions FOR EACH ROW WHEN (" + condition +
				") EXECUTE FUNCTION keep()",
		}
	}
	for _, statement := range trigger {
		if err := s.db.Exec(statement).Error; err != nil {
			s.t.Fatal(err)
		}
	}
}

// Several that clear at the same time end when there is nothing left, each with what it has
// deleted.
func (on behind) TestClearExpiredAtOnce(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		s := on.newSiteWith(t, d, c.Gorm())
		const expired = 6000
		s.plant(expired, s.clock.Now().Add(-time.Second))
		key := s.start(map[string]any{"name": "Ann"})
		var cleaners sync.WaitGroup
		deleted := make([]int64, 4)
		for i := range deleted {
			other := on.newSiteOn(t, d.Open(t, c.Gorm()), gormsession.WithClock(s.clock.Now))
			cleaners.Go(func() {
				var err error
				if deleted[i], err = other.plugin.ClearExpired(context.Background()); err != nil {
					t.Error(err)
				}
				var left int64 // the first to end leaves no more than the last
				err = other.db.Table(s.table).Where("session_key <> ?", stored(key)).Count(&left).Error
				if err != nil || left != 0 {
					t.Errorf("it ended and left %d rows, %v", left, err)
				}
			})
		}
		cleaners.Wait()
		left := len(s.rows())
		if sum := deleted[0] + deleted[1] + deleted[2] + deleted[3]; sum != expired || left != 1 {
			t.Errorf("they have deleted %v of %d, and %d rows are left", deleted, expired, left)
		}
	})
}

// Rows that the database keeps do not keep it from the others, nor from an end, and are told of.
func (on behind) TestClearExpiredOfRowsThatAreKept(t *testing.T) {
	for _, k := range []dbtest.Kind{dbtest.SQLite, dbtest.Postgres} {
		t.Run(string(k), func(t *testing.T) {
			t.Parallel()
			for _, c := range []struct{ kept, others int }{{3, 1500}, {2100, 2100}, {1000, 0}} {
				s := on.newSite(t, dbtest.New(t, k))
				s.plant(c.kept, s.clock.Now().Add(-2*time.Hour)) // the first that are found
				if err := s.db.Exec("UPDATE web_sessions SET session_data = '[]'").Error; err != nil {
					t.Fatal(err)
				}
				s.plant(c.others, s.clock.Now().Add(-time.Hour))
				s.keeps("OLD.session_data = '[]'")
				n, err := s.plugin.ClearExpired(context.Background())
				if n != int64(c.others) || err != nil || len(s.rows()) != c.kept {
					t.Errorf("it cleared %d, %v, and left %d rows", n, err, len(s.rows()))
				}
				s.log.wants(t, "level=WARN", "a trigger or a policy keeps them", fmt.Sprint("rows=", c.kept))
			}
		})
	}
}

// Of rows that a policy hides from a DELETE alone the same holds; a trigger that says no is an
// error.
func (on behind) TestClearExpiredThatIsForbidden(t *testing.T) {
	eachServer(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newSite(t, d)
		s.plant(1500, s.clock.Now().Add(-time.Hour))
		forbid := []string{
			"CREATE TRIGGER keep BEFORE DELETE ON web_sessions FOR EACH ROW SIGNAL SQLSTATE '45000'",
		}
		if d.Kind() == dbtest.Postgres {
			forbid = []string{
				"ALTER TABLE web_sessions ENABLE ROW LEVEL SECURITY",
				"CREATE POLICY look ON web_sessions FOR SELECT USING (true)",
				"CREATE POLICY clear ON web_sessions FOR DELETE USING (session_key < '8')",
			}
		}
		for _, statement := range forbid {
			if err := s.db.Exec(statement).Error; err != nil {
				t.Fatal(err)
			}
		}
		account := d.As(t, "GRANT SELECT, INSERT, UPDATE, DELETE ON web_sessions TO %s")
		other := on.newSiteOn(t, account.Open(t), gormsession.WithClock(s.clock.Now))
		n, err := other.plugin.ClearExpired(context.Background())
		left := len(s.rows())
		if d.Kind() == dbtest.MariaDB {
			if n != 0 || err == nil || left != 1500 {
				t.Errorf("it cleared %d, %v, and left %d rows", n, err, left)
			}
			return
		}
		if n == 0 || n+int64(left) != 1500 || err != nil {
			t.Errorf("it cleared %d, %v, and left %d rows", n, err, left)
		}
		other.log.wants(t, "a trigger or a policy keeps them", fmt.Sprint("rows=", left))
	})
}
