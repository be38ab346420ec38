package engine

import (
	"os"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/plugin/dbresolver"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

// A process whose clock is an hour off has the time of the server, and follows its own clock where
// that is set right; SQLite has the clock of the process, and a database that has gone the last
// measurement.
func TestClock(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		var off atomic.Int64
		off.Store(int64(time.Hour))
		own := func() time.Time { return time.Now().Add(time.Duration(off.Load())) }
		db := d.Open(t)
		c, err := NewClock(db, own, 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		wants := func(when string, want time.Duration) {
			t.Helper()
			if is := time.Until(c.Now()); is < want-5*time.Second || is > want+5*time.Second {
				t.Errorf("%s: %v off, not %v", when, is, want)
			}
		}
		if d.Kind() == dbtest.SQLite {
			wants("in this process", time.Hour)
			return
		}
		wants("measured once", 0)
		off.Store(int64(2 * time.Hour)) // an hour has gone by, or the clock was set
		wants("before it is measured anew", time.Hour)
		awaitMeasure(c)
		wants("measured anew", 0)
		off.Store(0)
		c.Now()
		awaitMeasure(c)
		wants("set back, and measured anew", 0)
		closePool(t, db)
		off.Store(int64(2 * time.Hour))
		c.Now()
		awaitMeasure(c)
		wants("the database has gone", 2*time.Hour)
		if _, err := NewClock(db, own, 5*time.Second); err == nil {
			t.Error("a database that has gone was asked, and no error returned")
		}
	})
}

// Behind a resolver it is the clock of the primary, where writes go.
func TestClockBehindAResolver(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		db := d.Open(t)
		if err := db.Use(dbresolver.Register(dbresolver.Config{
			Replicas: []gorm.Dialector{d.Dialector()},
		})); err != nil {
			t.Fatal(err)
		}
		closePool(t, db.Clauses(dbresolver.Read))
		if _, err := NewClock(db, time.Now, 5*time.Second); err != nil {
			t.Errorf("a replica that has gone: %v", err)
		}
	})
}

func awaitMeasure(c *Clock) {
	c.measuring.Lock()
	defer c.measuring.Unlock()
}

func closePool(t *testing.T, db *gorm.DB) {
	t.Helper()
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	pool.Close()
}
