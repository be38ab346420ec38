package suite

import (
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A replica that cannot be asked is left alone for ten seconds, and the primary answers.
func (on cases) TestReplicaIsAway(t *testing.T) {
	on.onReplicated(t, func(t *testing.T, m *replicated) {
		key := m.start(map[string]any{"name": "Ann"})
		m.warm(key)
		if err := m.to.Exec("DROP TABLE web_sessions").Error; err != nil {
			t.Fatal(err)
		}
		m.wants("it has no table", m.visit(key, readName), "SELECT", "SELECT", `"Ann"`)
		m.wants("then", m.visit(key, readName), "", "SELECT", `"Ann"`)
		m.log.wants(t, "sessions are read on the primary for a while", "it could not be asked")
		if err := gormsession.Migrate(m.to); err != nil {
			t.Fatal(err)
		}
		m.clock.advance(10 * time.Second)
		m.warm(key)
		m.wants("ten seconds later", m.visit(key, readName), "SELECT", "", `"Ann"`)
		pool, err := m.replica.DB()
		if err != nil {
			t.Fatal(err)
		}
		pool.Close()
		m.wants("nobody takes the call", m.visit(key, readName), "", "SELECT", `"Ann"`)
	})
}

// A replica that does not answer costs one load a tenth of its time, and those after it nothing.
func (on cases) TestReplicaIsSilent(t *testing.T) {
	lock := map[dbtest.Kind]string{
		dbtest.Postgres: "BEGIN; LOCK TABLE web_sessions IN ACCESS EXCLUSIVE MODE",
		dbtest.MariaDB:  "LOCK TABLES web_sessions WRITE",
	}
	free := map[dbtest.Kind]string{dbtest.Postgres: "ROLLBACK", dbtest.MariaDB: "UNLOCK TABLES"}
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		if lock[d.Kind()] == "" {
			t.Skip("a reader of SQLite waits for nobody")
		}
		t.Parallel()
		m := on.newReplicated(t, d, c.Gorm(), gormsession.WithTimeout(3*time.Second))
		key := m.start(map[string]any{"name": "Ann"})
		m.warm(key)
		if err := m.to.Connection(func(held *gorm.DB) error {
			if err := held.Exec(lock[d.Kind()]).Error; err != nil {
				return err
			}
			for _, least := range []time.Duration{300 * time.Millisecond, 0} {
				began := time.Now()
				got := m.visit(key, readName)
				if took := time.Since(began); took < least || took > least+2*time.Second ||
					got.body != `"Ann"` || got.verbs() != "SELECT" {
					t.Errorf("after %v: %d %s, the primary was asked %q\n%s", took, got.status,
						got.body, got.verbs(), m.log)
				}
			}
			return held.Exec(free[d.Kind()]).Error
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// Where the primary is away a replica answers as long as it may be late, and nobody after that:
// what has become of sessions is unknown then.
func (on cases) TestPrimaryIsAwayBesideAReplica(t *testing.T) {
	on.onReplicated(t, func(t *testing.T, m *replicated) {
		key := m.start(map[string]any{"name": "Ann"})
		m.warm(key)
		m.pool().Close()
		m.clock.advance(late)
		if got := m.visit(key, readName); got.body != `"Ann"` {
			t.Errorf("within its time: %d %s\n%s", got.status, got.body, m.log)
		}
		m.visit(key, increment).unavailable(t)
		m.clock.advance(time.Millisecond)
		m.visit(key, readName).unavailable(t)
	})
}
