package clusters

import (
	"fmt"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/plugin/dbresolver"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// replicated opens a database whose application reads on a replica, as dbresolver has it.
func replicated(t *testing.T, d, behind *dbtest.DB) *gorm.DB {
	t.Helper()
	db, replica := d.Open(t), behind.Open(t)
	if err := db.Use(dbresolver.Register(dbresolver.Config{
		Replicas: []gorm.Dialector{replica.Dialector},
	})); err != nil {
		t.Fatal(err)
	}
	return db
}

// With replicas that are a second behind nothing is lost, and a logout is seen by who reads them at
// the latest when the time is over that they may be late: sooner where they are less behind, and at
// once where they are further behind, as the primary is asked then.
func TestReplicasThatLag(t *testing.T) {
	asked(t)
	const lag = time.Second
	for _, kind := range []dbtest.Kind{dbtest.Postgres, dbtest.MariaDB} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			primary := dbtest.StartPrimary(t, kind)
			standby := primary.Follow(t, lag)
			for _, late := range []time.Duration{0, lag / 2, 4 * lag} {
				t.Run(fmt.Sprint("late ", late), func(t *testing.T) {
					d := primary.DB(t)
					if _, err := gormsession.New(d.Open(t)); err != nil {
						t.Fatal(err)
					}
					behind := standby.Holds(t, d)
					awaitTable(t, behind)
					a := serve(t, replicated(t, d, behind), gormsession.WithReplicaReads(late))
					a.late = late
					c := gather(t, 4, a)
					seen := seenLate(t, a, 4)
					t.Logf("a logout is seen %v late at most", seen.Round(time.Millisecond))
					if most := late + 200*time.Millisecond; seen > most {
						t.Errorf("it may be %v late", late)
					}
					if late > 2*lag && seen < lag/2 {
						t.Error("no replica was read")
					}
					c.finish()
				})
			}
		})
	}
}

// awaitTable waits until a replica has the table.
func awaitTable(t *testing.T, d *dbtest.DB) {
	t.Helper()
	var err error
	for began := time.Now(); time.Since(began) < 20*time.Second; time.Sleep(50 * time.Millisecond) {
		var db *gorm.DB
		if db, err = dbtest.OpenDSN(d.Kind(), d.DSN()); err != nil {
			continue
		}
		err = db.Exec("SELECT COUNT(*) FROM web_sessions").Error
		if pool, poolErr := db.DB(); poolErr == nil {
			pool.Close()
		}
		if err == nil {
			return
		}
	}
	t.Fatalf("the replica has no table: %v", err)
}

// seenLate logs out so many times, and returns how long a session was seen after that at most.
func seenLate(t *testing.T, a *application, times int) (most time.Duration) {
	t.Helper()
	for range times {
		key := a.ask("/start", "").key
		for began := time.Now(); time.Since(began) < 1500*time.Millisecond; { // replicas get it
			a.ask("/read", key)
			time.Sleep(2 * time.Millisecond)
		}
		if got := a.ask("/logout", key); got.outcome != done {
			t.Fatalf("a logout is %q", got.outcome)
		}
		ended := time.Now()
		for quiet := time.Now(); time.Since(quiet) < 1500*time.Millisecond; {
			at := time.Now()
			if got := a.ask("/read", key); got.outcome == done {
				most, quiet = max(most, at.Sub(ended)), time.Now()
			}
			time.Sleep(2 * time.Millisecond)
		}
	}
	return most
}
