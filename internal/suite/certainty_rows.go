package suite

import (
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// loses has the answer to the next statement of that verb lost, once meanwhile has happened.
func (n *node) loses(verb string, meanwhile func()) {
	n.heals()
	n.statements.FailAfter(first(verb, lost[n.kind], meanwhile))
}

// A renewal whose answer is lost has been done, and the client is told of it.
func (on cases) TestRenewalWhoseAnswerIsLost(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, config dbtest.Config) {
		t.Parallel()
		a, _ := on.nodes(t, d, config.Gorm())
		key := a.start(map[string]any{"n": 1})
		a.clock.advance(24 * time.Hour)
		before := a.rows()[stored(key)]
		verb := "COMMIT"
		if a.db.SkipDefaultTransaction {
			verb = "UPDATE"
		}
		a.loses(verb, nil)
		got := a.visit(key, pageT)
		a.heals()
		after := a.rows()[stored(key)]
		if got.cookieIs(key) != "refreshed" || !after.expire.After(before.expire) {
			t.Errorf("%d, %q, from %v to %v", got.status, got.line, before.expire, after.expire)
		}
	})
}

// What has a COMMIT wait for a standby is not asked of a database that does not know it, as
// CockroachDB: a logout whose answer is lost has been done there.
func (on cases) TestLogoutWithoutAStandby(t *testing.T) {
	for _, config := range dbtest.RunConfigs(t) {
		a, _ := on.nodes(t, dbtest.New(t, dbtest.Postgres), config.Gorm())
		verb := "COMMIT"
		if a.db.SkipDefaultTransaction {
			verb = "DELETE"
		}
		for range 2 {
			key := a.start(map[string]any{"n": 1})
			a.loses(verb, nil)
			a.statements.Fail(failing("SELECT pg_logical", &pgconn.PgError{Code: "42883"}))
			got := a.visit(key, pageF)
			a.heals()
			if got.status != http.StatusOK || a.entries(key) != nil {
				t.Errorf("%s: %d\n%s", config.Name, got.status, a.log)
			}
		}
	}
}

// A key that is found to be taken only at the COMMIT, as TiDB does it, is replaced by another one.
func (on behind) TestKeyThatIsTakenAtCommit(t *testing.T) {
	for _, config := range dbtest.RunConfigs(t) {
		t.Run(config.Name, func(t *testing.T) {
			t.Parallel()
			keys := &keyring{}
			a, _ := on.nodes(t, dbtest.New(t, dbtest.Postgres), config.Gorm(),
				on.inside.WithNewKey(keys.newKey))
			a.exec("ALTER TABLE web_sessions DROP CONSTRAINT web_sessions_pkey")
			a.exec("ALTER TABLE web_sessions ADD PRIMARY KEY (session_key)" +
				" DEFERRABLE INITIALLY DEFERRED")
			ann := a.start(map[string]any{"name": "Ann"})
			keys.repeat(ann)
			bob := a.start(map[string]any{"name": "Bob"})
			keys.repeat(ann, ann)
			got := a.visit(bob, func(c *Call) { writeName("Bill")(c); pageC(c) })
			if got.status != http.StatusOK || bob == ann || got.cookie.Value == ann {
				t.Fatalf("answered with %d\n%s", got.status, a.log)
			}
			for key, name := range map[string]string{ann: "Ann", got.cookie.Value: "Bill"} {
				if is := a.entries(key)["name"]; is != name {
					t.Errorf("%s has become %v", name, is)
				}
			}
		})
	}
}

// spacedSession stores another text than it was given.
type spacedSession struct{ gormsession.Session }

func (s *spacedSession) BeforeCreate(*gorm.DB) error {
	s.SessionData += " "
	return nil
}

// A new row whose INSERT was answered is ours, whatever a hook or a trigger has made of its text:
// where the answer to the COMMIT is lost there is no second row.
func (on cases) TestNewRowThatAHookHasChanged(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, config dbtest.Config) {
		t.Parallel()
		a, _ := on.nodes(t, d, config.Gorm(), gormsession.WithTable("web_sessions"),
			gormsession.WithModel(func(row gormsession.Session, _ gormsession.Entries) spacedSession {
				return spacedSession{row}
			}))
		a.loses("COMMIT", nil)
		got := a.visit("", increment)
		a.heals()
		if got.status != http.StatusOK || len(a.rows()) != 1 {
			t.Fatalf("answered with %d, and there are %d rows", got.status, len(a.rows()))
		}
		if got := a.visit(got.cookie.Value, increment); got.body != "2" {
			t.Errorf("the next: %d %s", got.status, got.body)
		}
	})
}
