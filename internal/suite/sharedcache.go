package suite

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A poll that is overtaken by a login does not hand the old key back: who cycled it has told the
// client the new one.
func (on cases) TestRenewalThatIsOutrun(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithRolling())
	key := s.start(map[string]any{"n": 5})
	s.clock.advance(24 * time.Hour)
	got := s.visit(key, func(c *Call) {
		c.Session().Get("n")
		s.visit(key, pageC)
	})
	if got.status != http.StatusOK || got.cookie != nil {
		t.Errorf("%d, %s", got.status, got.line)
	}
}

// nosy is a value whose own methods ask the session.
type nosy struct{ session *gormsession.State }

func (n nosy) MarshalJSON() ([]byte, error) { return json.Marshal(n.session.Len()) }

func (n *nosy) UnmarshalJSON([]byte) error {
	n.session.Len()
	return nil
}

// The methods of values may ask the session: it is not locked while they run.
func (on cases) TestValuesMayAskTheSession(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	got := s.visit("", func(c *Call) {
		session := c.Session()
		session.Set("a", nosy{session})
		session.SetAll(map[string]any{"b": nosy{session}})
		session.GetOrSet("c", nosy{session})
		session.Flash(nosy{session})
		read := nosy{session}
		if err := session.Decode("a", &read); err != nil {
			t.Error(err)
		}
		c.JSON(http.StatusOK,
			[]any{session.Get("a"), session.Get("b"), session.Get("c"), session.Flashes()})
	})
	if got.body != "[0,1,2,[3]]" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// A commit that panics at an early point has saved nothing, and does not save later what the client
// was told has failed.
func (on cases) TestPanicInTheCommit(t *testing.T) {
	on.needs(t, Stream)
	panics := false
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite),
		gormsession.WithModel(func(row gormsession.Session, _ gormsession.Entries) visitorSession {
			if panics {
				panics = false
				panic("in the model")
			}
			return visitorSession{Session: row}
		}))
	s.table = "visitor_sessions"
	key := s.start(map[string]any{"n": 1})
	before := s.rows()[stored(key)].data
	panics = true
	got := s.visit(key, func(c *Call) {
		func() {
			defer func() { _ = recover() }() // a recovery inside
			c.Session().Set("n", 2)
			c.Flush()
		}()
	})
	if row := s.rows()[stored(key)]; row.data != before || got.status == http.StatusOK {
		t.Errorf("%d: the row holds %s", got.status, row.data)
	}
}
