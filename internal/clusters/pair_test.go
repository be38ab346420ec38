package clusters

import (
	"fmt"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// pairOf is the database of a PostgreSQL pair: the driver looks for the one that takes writes, and
// gives up soon on one that does not answer.
func pairOf(d *dbtest.DB, primary, standby *dbtest.Server) *dbtest.DB {
	return d.With("host=127.0.0.1,127.0.0.1",
		fmt.Sprintf("port=%d,%d", primary.Port(), standby.Port()),
		"target_session_attrs=read-write", "connect_timeout=1")
}

// synchronous has the primary answer a commit once its standby has it.
func synchronous(primary *dbtest.Server) {
	primary.Execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
	primary.Execute("SELECT pg_reload_conf()")
}

// A PostgreSQL pair with a synchronous standby loses nothing when its primary crashes, or is
// silent, and its standby is promoted.
func TestFailoverOfAPair(t *testing.T) {
	asked(t)
	for name, end := range map[string]func(*dbtest.Server){
		"crashed": (*dbtest.Server).Stop, "silent": (*dbtest.Server).Pause,
	} {
		t.Run(name, func(t *testing.T) {
			primary := dbtest.StartPrimary(t, dbtest.Postgres)
			standby := primary.Follow(t, 0)
			synchronous(primary)
			d := pairOf(primary.DB(t), primary, standby)
			c := gather(t, 16, serve(t, d.Open(t)), serve(t, d.Open(t)))
			c.awaitServed(1000)
			end(primary)
			standby.Execute("SELECT pg_promote(true, 60)")
			t.Logf("served again %v after the standby was promoted",
				c.awaitServed(1).Round(time.Millisecond))
			c.awaitServed(1000)
			c.finish()
		})
	}
}

// While the standby is away no write is acknowledged, and reads are served; once it is back all is
// as before.
func TestStandbyThatIsAway(t *testing.T) {
	asked(t)
	primary := dbtest.StartPrimary(t, dbtest.Postgres)
	standby := primary.Follow(t, 0)
	d := primary.DB(t)
	synchronous(primary)
	a := serve(t, d.Open(t))
	c := gather(t, 16, a)
	c.awaitServed(500)
	standby.Stop()
	key := c.shared
	for range 3 {
		if got := a.ask("/read", key); got.outcome != done {
			t.Errorf("a read is %q", got.outcome)
		}
		switch got := a.ask("/count", key); got.outcome {
		case unknown:
			c.most.Add(1)
		case unavailable: // it has waited for another one
		default:
			t.Errorf("a write is %q", got.outcome)
		}
	}
	standby.Start()
	c.awaitServed(500)
	c.finish()
}

// A node that takes no writes any more, on the connections that there are, refuses them, and logs
// nobody out.
func TestNodeThatBecomesReadOnly(t *testing.T) {
	asked(t)
	server := dbtest.StartPrimary(t, dbtest.Postgres)
	a := serve(t, server.DB(t).Open(t))
	c := gather(t, 16, a)
	c.awaitServed(500)
	settle := func(takes string, until outcome) {
		server.Execute("ALTER SYSTEM SET default_transaction_read_only = " + takes)
		server.Execute("SELECT pg_reload_conf()")
		for began := time.Now(); ; {
			got := a.ask("/count", c.shared)
			if got.outcome != unavailable {
				c.most.Add(1)
			}
			if got.outcome == done {
				c.least.Add(1)
			}
			if got.outcome == until {
				return
			}
			if time.Since(began) > 10*time.Second {
				t.Fatalf("a write is %q still", got.outcome)
			}
		}
	}
	settle("on", unavailable)
	if got := a.ask("/read", c.shared); got.outcome != done {
		t.Errorf("a read is %q", got.outcome)
	}
	settle("off", done)
	c.awaitServed(500)
	c.finish()
}
