package suite

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// plant inserts n rows that expire at that instant.
func (s *site) plant(n int, expire time.Time) {
	s.t.Helper()
	type planted struct{ SessionKey, SessionData, ExpireDate string }
	rows := make([]planted, n)
	for i := range rows {
		rows[i] = planted{
			stored(fmt.Sprint(expire, i)), "{}", expire.Format("2006-01-02 15:04:05.000000"),
		}
		if s.db.Dialector.Name() == "postgres" {
			rows[i].ExpireDate += "Z"
		} else {
			rows[i].ExpireDate = strings.TrimSuffix(rows[i].ExpireDate, ".000000")
		}
	}
	if err := s.db.Table(s.table).CreateInBatches(rows, 500).Error; err != nil {
		s.t.Fatal(err)
	}
}

// startAndSweep makes a session, and returns when what it may have begun to sweep is swept.
func (s *site) startAndSweep() {
	s.t.Helper()
	s.start(map[string]any{"name": "Eve"})
	s.on.inside.AwaitSweep(s.plugin)
}

// Expired rows go by themselves: after an insert only, in batches of 1,000; at once again after a
// full batch, and else after ten minutes.
func (on behind) TestSweep(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newSite(t, d, gormsession.WithCleanup(10*time.Minute))
		key := s.start(map[string]any{"name": "Ann"}) // finds nothing to delete
		on.inside.AwaitSweep(s.plugin)
		s.clock.advance(9 * time.Minute)
		s.plant(2500, s.clock.Now().Add(-time.Second))
		s.startAndSweep()
		s.clock.advance(time.Minute)
		for _, page := range []func(){
			func() { s.visit(key, writeName("Bob")) }, func() { s.visit(key, pageR) },
			func() { s.visit("", pageR) }, func() { s.visit(key, pageT) },
			func() { s.visit(keyWithoutRow, pageR) },
		} {
			page()
		}
		on.inside.AwaitSweep(s.plugin)
		if n := len(s.rows()); n != 2502 {
			t.Errorf("%d rows after ten minutes without an insert", n)
		}
		leaves := func(left int) {
			t.Helper()
			rows := len(s.rows())
			s.startAndSweep()
			if n := len(s.rows()); n != left {
				t.Errorf("a sweep left %d of %d rows, want %d", n, rows, left)
			}
		}
		leaves(1503)
		leaves(504) // at once again, as the batch was full
		leaves(5)   // and so was this one; it has left less than a batch
		s.plant(10, s.clock.Now().Add(-time.Second))
		leaves(16)
		s.clock.advance(10*time.Minute - time.Microsecond)
		leaves(17)
		s.clock.advance(time.Microsecond)
		leaves(8)
		if s.entries(key)["name"] != "Bob" {
			t.Error("a live session was swept")
		}
	})
}

// With WithCleanup(0) they stay.
func (on behind) TestSweepOff(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithCleanup(0))
	s.plant(10, s.clock.Now().Add(-time.Second))
	for range 3 {
		s.clock.advance(time.Hour)
		s.start(map[string]any{"name": "Ann"})
	}
	if n := len(s.rows()); n != 13 {
		t.Errorf("%d rows are left", n)
	}
}

// With WithCleanup of centuries they stay, too: more than the nanoseconds since 1970 can say.
func (on behind) TestSweepOfCenturies(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithCleanup(math.MaxInt64))
	s.startAndSweep()
	s.plant(10, s.clock.Now().Add(-time.Second))
	s.clock.advance(time.Hour)
	s.startAndSweep()
	if n := len(s.rows()); n != 12 {
		t.Errorf("%d rows are left", n)
	}
}

// ClearExpired deletes all that is expired, and nothing else. At the instant itself a row is
// neither alive nor cleared: Django's rule.
func (on behind) TestClearExpired(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		for _, l := range []layout.Layout{layout.Own(), layout.Django()} {
			s := on.newSite(t, dbtest.New(t, d.Kind()), withLayout(l))
			s.table, s.cookieName = l.Table, l.Cookie
			now := s.clock.Now()
			if l.HashedKeys {
				s.plant(2500, now.Add(-time.Microsecond))
			}
			key := s.start(map[string]any{"name": "Ann"})
			named := key
			if l.HashedKeys {
				named = stored(key)
			}
			end := s.rows()[named].expire
			count := func(want int64) {
				t.Helper()
				if n, err := s.plugin.ClearExpired(context.Background()); n != want || err != nil {
					t.Errorf("cleared %d, %v, want %d", n, err, want)
				}
			}
			if l.HashedKeys {
				count(2500)
			}
			count(0)
			s.clock.set(end.Add(-time.Microsecond))
			if s.entries(key) == nil {
				t.Error("dead a microsecond before its end")
			}
			s.clock.set(end)
			if s.entries(key) != nil {
				t.Error("alive at its end")
			}
			count(0)
			s.clock.set(end.Add(time.Microsecond))
			count(1)
		}
	})
}

// An error ends it, and tells how far it came.
func (on behind) TestClearExpiredThatFails(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	s.plant(1500, s.clock.Now().Add(-time.Second))
	deletes := 0
	s.statements.Fail(func(statement string) error {
		if strings.HasPrefix(statement, "DELETE") {
			if deletes++; deletes == 2 {
				return errors.New("the disk is full")
			}
		}
		return nil
	})
	n, err := s.plugin.ClearExpired(context.Background())
	if n != 1000 || !errors.Is(err, gormsession.ErrUnavailable) ||
		!strings.Contains(fmt.Sprintf("%+v", err), "the disk is full") {
		t.Errorf("cleared %d, %v", n, err)
	}
	if left := len(s.rows()); left != 500 {
		t.Errorf("%d rows are left", left)
	}
	ended, end := context.WithCancel(context.Background())
	end()
	if n, err := s.plugin.ClearExpired(ended); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of its context: %d, %v", n, err)
	}
}

// What renews a session while it is being swept keeps it: the DELETE looks again.
func (on behind) TestSweepSparesWhatIsRenewed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newSite(t, d)
		s.plant(2, s.clock.Now().Add(-time.Second))
		past := d.Open(t)
		s.statements.Hook(func(statement string) {
			if strings.HasPrefix(statement, "DELETE") {
				renewed := s.clock.Now().Add(time.Hour).UTC().Format("2006-01-02 15:04:05Z07:00")
				if d.Kind() != dbtest.Postgres {
					renewed = strings.TrimSuffix(renewed, "Z")
				}
				var key string
				first := "SELECT session_key FROM web_sessions ORDER BY session_key LIMIT 1"
				if err := past.Raw(first).Scan(&key).Error; err != nil {
					t.Error(err)
				}
				if err := past.Exec("UPDATE web_sessions SET expire_date = ? WHERE session_key = ?", renewed,
					key).Error; err != nil {
					t.Error(err)
				}
			}
		})
		if n, err := s.plugin.ClearExpired(context.Background()); n != 1 || err != nil {
			t.Errorf("cleared %d, %v", n, err)
		}
		if left := len(s.rows()); left != 1 {
			t.Errorf("%d rows are left", left)
		}
	})
}
