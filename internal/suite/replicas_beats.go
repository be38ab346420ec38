package suite

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// The row of the beats is a session that nobody has, and goes when the process has gone. Where it
// is deleted another one is made.
func (on cases) TestReplicaBeats(t *testing.T) {
	on.onReplicated(t, func(t *testing.T, m *replicated) {
		ctx := context.Background()
		key := m.start(map[string]any{"name": "Ann"})
		m.warm(key)
		rows := m.rows()
		delete(rows, stored(key))
		for row, is := range rows {
			if entries, err := m.plugin.Entries(gormsession.Session{
				SessionKey: row, SessionData: is.data,
			}); err != nil || len(entries) != 0 {
				t.Errorf("the row holds %v, %v", entries, err)
			}
		}
		if len(rows) != 1 {
			t.Fatalf("there are %d rows of beats", len(rows))
		}
		if _, err := m.plugin.EndEverybody(ctx); err != nil {
			t.Fatal(err)
		}
		m.warm(m.start(map[string]any{"name": "Bob"}))
		if n := len(m.rows()); n != 2 {
			t.Errorf("then there are %d rows", n)
		}
		m.clock.advance(time.Hour + time.Second)
		if n, err := m.plugin.ClearExpired(ctx); n != 1 || err != nil {
			t.Errorf("an hour later %d rows have expired, %v", n, err)
		}
	})
}

// A beat that lasts is the only one on its way: a second one would make a row of its own. One that
// cannot be written is in the log, as no replica is read then.
func (on cases) TestReplicaBeatThatLasts(t *testing.T) {
	on.onReplicated(t, func(t *testing.T, m *replicated) {
		key := m.start(map[string]any{"name": "Ann"})
		m.visit(key, readName)
		var meanwhile replicatedReply
		m.statements.Hook(once("INSERT", func() {
			m.clock.advance(late / 2)
			meanwhile = m.visit(key, readName)
		}))
		m.visit(key, readName)
		m.statements.Hook(nil)
		m.wants("meanwhile", meanwhile, "", "SELECT", `"Ann"`)
		if n := len(m.rows()); n != 2 {
			t.Errorf("there are %d rows of a session and of the beats", n)
		}
		m.statements.Fail(failing("UPDATE", errors.New("no beats")))
		m.clock.advance(late / 2)
		got := m.visit(key, readName)
		m.statements.Fail(nil)
		if got.status != http.StatusOK || got.body != `"Ann"` {
			t.Errorf("without beats: %d %s", got.status, got.body)
		}
		m.log.wants(t, "the row that tells how late a replica is was not written", "no beats")
	})
}

// Where the hands of the table's clock are put back, as of Django's without USE_TZ, a replica that
// stands still meanwhile is known to.
func (on cases) TestReplicaBeatsOnAWallClock(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	wall := layout.Own()
	wall.Location = berlin
	on.onReplicated(t, func(t *testing.T, m *replicated) {
		m.clock.set(time.Date(2026, 10, 24, 23, 10, 0, 0, time.UTC)) // beats end in the first such hour
		key := m.start(map[string]any{"name": "Ann"})
		m.warm(key)
		if got := m.visit(key, readName); got.near != "SELECT" || got.body != `"Ann"` {
			t.Errorf("a replica that is near is asked %q and shows %s", got.near, got.body)
		}
		m.visit(key, pageF)
		m.clock.advance(30 * time.Minute)
		m.visit(key, readName)
		m.visit(key, readName)
		m.clock.advance(late / 2)
		if got := m.visit(key, readName); got.near != "SELECT" || got.body != "null" {
			t.Errorf("half an hour late it is asked %q and shows %s", got.near, got.body)
		}
	}, layout.Option(wall).(gormsession.Option))
}
