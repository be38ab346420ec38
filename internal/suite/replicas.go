package suite

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/plugin/dbresolver"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A session is read on a replica that is known to be near: by the beat that this process has
// written, which is one statement in half of the time that a replica may be late.
func (on cases) TestReplicaReads(t *testing.T) {
	on.onReplicated(t, func(t *testing.T, m *replicated) {
		key := m.start(map[string]any{"name": "Ann"})
		m.wants("who is asked seldom", m.visit(key, readName), "", "SELECT", `"Ann"`)
		m.wants("a first beat", m.visit(key, readName), "",
			m.single("BEGIN INSERT COMMIT")+" SELECT", `"Ann"`)
		m.replicate()
		m.wants("which replicas have to get", m.visit(key, readName), "", "SELECT", `"Ann"`)
		m.clock.advance(late / 2)
		m.wants("the next beat", m.visit(key, readName), "SELECT",
			m.single("BEGIN UPDATE COMMIT"), `"Ann"`)
		m.wants("until the one after it", m.visit(key, readName), "SELECT", "", `"Ann"`)
		m.clock.advance(late/2 - time.Millisecond)
		m.wants("until the one after it", m.visit(key, readName), "SELECT", "", `"Ann"`)
		m.clock.advance(late)
		m.wants("after a pause", m.visit(key, readName), "", "SELECT", `"Ann"`)
		m.wants("nothing read", m.visit(key, untouched), "", "", "hello")
		if m.log.String() != "" {
			t.Errorf("the log says\n%s", m.log)
		}
	})
}

// What a replica does not have the primary is asked for: a new session, one that the replica has as
// expired, and one whose text it has damaged.
func (on cases) TestReplicaMisses(t *testing.T) {
	on.onReplicated(t, func(t *testing.T, m *replicated) {
		m.warm(m.start(map[string]any{"name": "Ann"}))
		key := m.start(map[string]any{"name": "Bob"})
		m.wants("a new session", m.visit(key, readName), "SELECT", "SELECT", `"Bob"`)
		m.wants("an unknown key", m.visit(keyWithoutRow, readName), "SELECT", "SELECT", "null")
		m.wants("no cookie", m.visit("", readName), "", "", "null")
		m.replicate()
		m.wants("once it is there", m.visit(key, readName), "SELECT", "", `"Bob"`)
		for spoil, value := range map[string]string{
			"session_data": "not JSON", "expire_date": "2001-02-03 04:05:06",
		} {
			if err := m.to.Exec("UPDATE web_sessions SET "+spoil+" = ? WHERE session_key = ?",
				value, stored(key)).Error; err != nil {
				t.Fatal(err)
			}
			m.wants("another "+spoil, m.visit(key, readName), "SELECT", "SELECT", `"Bob"`)
		}
	})
}

// A logout is seen on pages that read the replica as soon as that has it, and in any case once the
// time that a replica may be late is over since it was answered.
func (on cases) TestReplicaThatLags(t *testing.T) {
	on.onReplicated(t, func(t *testing.T, m *replicated) {
		key := m.start(map[string]any{"name": "Ann"})
		m.warm(key)
		if got := m.visit(key, pageF); got.near != "" || got.cookieIs(key) != "deleted" {
			t.Fatalf("the logout asked the replica %q, and the cookie is %q", got.near, got.cookieIs(key))
		}
		for _, after := range []time.Duration{0, late / 2, late / 2} {
			m.clock.advance(after)
			if got := m.visit(key, readName); got.body != `"Ann"` {
				t.Errorf("a replica that is no later than it may be was not read: %s", got.body)
			}
		}
		m.clock.advance(time.Millisecond)
		m.wants("a millisecond later", m.visit(key, readName), "SELECT", "SELECT", "null")
		m.wants("then", m.visit(key, readName), "", "SELECT", "null")
		m.log.wants(t, "sessions are read on the primary for a while", "it is too far behind")

		key = m.start(map[string]any{"name": "Ann"})
		m.warm(key)
		m.visit(key, pageF)
		m.replicate()
		if got := m.visit(key, readName); got.near != "SELECT" || got.body != "null" {
			t.Errorf("a replica that has the logout says %s, asked %q", got.body, got.near)
		}
	})
}

// Without the option, and where there is no resolver, or one without replicas, nothing is written,
// and the primary is asked.
func (on cases) TestReplicaReadsOfNone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		m := on.newReplicated(t, d, &gorm.Config{}, gormsession.WithReplicaReads(0))
		key := m.start(map[string]any{"name": "Ann"})
		for range 3 {
			m.wants("without the option", m.visit(key, readName), "", "SELECT", `"Ann"`)
		}
		for name, resolver := range map[string]gorm.Plugin{
			"no resolver": nil, "no replicas": dbresolver.Register(dbresolver.Config{}),
		} {
			s := on.newSiteWith(t, dbtest.New(t, d.Kind()), &gorm.Config{},
				gormsession.WithReplicaReads(late))
			if resolver != nil {
				if err := s.db.Use(resolver); err != nil {
					t.Fatal(err)
				}
			}
			key := s.start(map[string]any{"name": "Ann"})
			for range 3 {
				if got := s.visit(key, readName); got.verbs() != "SELECT" {
					t.Errorf("%s: asked %q", name, got.verbs())
				}
			}
		}
	})
}

// A renewal takes the session from the replica too. One that is behind brings back no earlier end,
// and no cookie leaves.
func (on cases) TestReplicaReadsAndRenewals(t *testing.T) {
	on.onReplicated(t, func(t *testing.T, m *replicated) {
		key := m.start(map[string]any{"name": "Ann"})
		m.warm(key)
		for _, renews := range []bool{true, false, true} {
			before := m.rows()[stored(key)].expire
			m.clock.advance(time.Millisecond)
			got := m.visit(key, untouched)
			if got.near != "SELECT" || got.status != http.StatusOK {
				t.Errorf("%d, and the replica was asked %q", got.status, got.near)
			}
			if now := m.rows()[stored(key)].expire; now.After(before) != renews ||
				now.Before(before) || (got.cookie != nil) != renews {
				t.Errorf("renewed %t: the end went from %v to %v: %s", renews, before, now, got.line)
			}
			if !renews {
				m.replicate()
			}
		}
	}, gormsession.WithSaveEveryRequest(), gormsession.WithExpiryStep(0))
}

// The option says which time it takes.
func (on cases) TestReplicaReadsRefused(t *testing.T) {
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	for _, d := range []time.Duration{-1, time.Millisecond, time.Minute + 1} {
		want := fmt.Sprintf("gormsession: WithReplicaReads(%v): a replica may be 100ms to a minute", d)
		if _, err := gormsession.New(db, gormsession.WithReplicaReads(d)); err == nil ||
			!strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v: %v", d, err)
		}
	}
}

// Where the replica holds what the primary holds a change costs the same as without it.
func (on cases) TestStatementsOfAChangeOnAReplica(t *testing.T) {
	on.onReplicated(t, func(t *testing.T, m *replicated) {
		key := m.start(map[string]any{"name": "Ann", "n": 0})
		m.warm(key)
		update := m.single("BEGIN UPDATE COMMIT")
		for name, c := range map[string]struct {
			page          func(*Call)
			near, primary string
		}{
			"a change alone": {set("x", 1), "", "SELECT " + update},
			"a login alone":  {logIn(1), "", "SELECT BEGIN UPDATE COMMIT"},
			"a logout alone": {pageF, "", m.single("BEGIN DELETE COMMIT")},
			"after a read":   {func(c *Call) { readName(c); set("y", 1)(c) }, "SELECT", update},
			"a modify":       {increment, "", "SELECT BEGIN UPDATE COMMIT"},
			"a modify, and now": {func(c *Call) { readName(c); increment(c) }, "SELECT",
				"SELECT BEGIN UPDATE COMMIT"},
			"a logout after a read": {func(c *Call) { readName(c); pageF(c) }, "SELECT",
				m.single("BEGIN DELETE COMMIT")},
		} {
			key := m.start(map[string]any{"name": "Ann", "n": 0})
			m.replicate()
			if got := m.visit(key, c.page); got.near != c.near || got.verbs() != c.primary {
				t.Errorf("%s: the replica was asked %q and the primary %q, not %q and %q", name,
					got.near, got.verbs(), c.near, c.primary)
			}
		}
	})
}
