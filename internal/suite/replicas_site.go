package suite

import (
	"net/http"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/plugin/dbresolver"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// late is how far behind the replicas of these cases may be.
const late = 2 * time.Second

// A replicated site has a replica, which gets what the primary holds when the test says so.
type replicated struct {
	*site
	replica  *gorm.DB           // as the application's resolver has it
	asked    *dbtest.Statements // what the replica was
	from, to *gorm.DB           // the primary, and the replica, past the application
}

// newReplicated makes a site that reads its replica, unless opts say otherwise.
func (on ground) newReplicated(
	t *testing.T, d *dbtest.DB, config *gorm.Config, opts ...gormsession.Option,
) *replicated {
	t.Helper()
	behind := dbtest.New(t, d.Kind())
	m := &replicated{from: d.Open(t), to: behind.Open(t)}
	if err := gormsession.Migrate(m.to); err != nil {
		t.Fatal(err)
	}
	db, statements := d.OpenCounted(t, config)
	m.replica, m.asked = behind.OpenCounted(t)
	if err := db.Use(dbresolver.Register(dbresolver.Config{
		Replicas: []gorm.Dialector{m.replica.Dialector},
	})); err != nil {
		t.Fatal(err)
	}
	m.site = on.newSiteOn(t, db, append([]gormsession.Option{
		gormsession.WithReplicaReads(late),
	}, opts...)...)
	m.statements = statements
	return m
}

// visit notes what the replica was asked as well.
func (m *replicated) visit(key string, page func(*Call)) replicatedReply {
	m.t.Helper()
	m.asked.Reset()
	return replicatedReply{m.site.visit(key, page), reply{statements: m.asked.All()}.verbs()}
}

// A replicatedReply is a reply, with the verbs of what the replica was asked.
type replicatedReply struct {
	reply
	near string
}

// wants checks which of the two was asked, and what was shown.
func (m *replicated) wants(when string, got replicatedReply, near, primary, body string) {
	m.t.Helper()
	if got.near != near || got.verbs() != primary {
		m.t.Errorf("%s: the replica was asked %q and the primary %q, not %q and %q",
			when, got.near, got.verbs(), near, primary)
	}
	if got.status != http.StatusOK || got.body != body {
		m.t.Errorf("%s: %d %s, not %s\n%s", when, got.status, got.body, body, m.log)
	}
}

// replicate has the replica get what the primary holds.
func (m *replicated) replicate() {
	m.t.Helper()
	if err := m.copies(); err != nil {
		m.t.Fatal(err)
	}
}

func (m *replicated) copies() error {
	instant := map[string]string{
		"sqlite":   "CAST(expire_date AS TEXT)",
		"postgres": "to_char(expire_date AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'",
		"mysql":    "CAST(expire_date AS CHAR)",
	}[m.from.Dialector.Name()]
	var rows []struct{ SessionKey, SessionData, Instant string }
	if err := m.from.Raw("SELECT session_key, session_data, " + instant +
		" AS instant FROM web_sessions").Scan(&rows).Error; err != nil {
		return err
	}
	return m.to.Transaction(func(tx *gorm.DB) error {
		if err := tx.Exec("DELETE FROM web_sessions").Error; err != nil {
			return err
		}
		for _, r := range rows {
			if err := tx.Exec("INSERT INTO web_sessions (session_key, session_data, expire_date) "+
				"VALUES (?, ?, ?)", r.SessionKey, r.SessionData, r.Instant).Error; err != nil {
				return err
			}
		}
		return nil
	})
}

// rows are those of the primary.
func (m *replicated) rows() map[string]row {
	m.t.Helper()
	return rowsOf(m.t, m.from, m.table)
}

// warm has the site read its replica from now on, which is as the primary: two loads in a time in
// which a replica may be late have a beat written, and the replica gets it.
func (m *replicated) warm(key string) {
	m.t.Helper()
	for range 2 {
		m.visit(key, readName)
	}
	m.replicate()
	m.clock.advance(late / 2)
	m.visit(key, readName)
	m.replicate()
}

// onReplicated runs a case on each database and setting of GORM.
func (on cases) onReplicated(
	t *testing.T, f func(t *testing.T, m *replicated), opts ...gormsession.Option,
) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		f(t, on.newReplicated(t, d, c.Gorm(), opts...))
	})
}
