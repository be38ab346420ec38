package suite

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// late runs a page of a request that had loaded its session, and runs longer than that lives.
func (s *site) late(page func(*Call)) func(*Call) {
	return func(c *Call) {
		_ = c.Session().Load()
		s.clock.advance(15 * 24 * time.Hour)
		page(c)
	}
}

// staysOver has a session expire while a request runs that has this page, and checks its answer.
func (s *site) staysOver(page func(*Call), fixed bool, want int) {
	s.t.Helper()
	key := s.start(map[string]any{"name": "Ann"})
	if fixed {
		at := s.clock.Now().Add(time.Hour)
		s.visit(key, func(c *Call) { c.Session().SetExpiryAt(at) })
	}
	before := s.rows()
	if got := s.visit(key, s.late(page)); got.status != want || got.cookie != nil {
		s.t.Errorf("%d %s", got.status, got.line)
	}
	if after := s.rows(); !maps.Equal(after, before) {
		s.t.Errorf("%v has become %v", before, after)
	}
	s.exec("DELETE FROM " + s.table)
}

// A session that expires while a request runs is over for that request too, whatever it does and
// though nobody has cleared the row: it is not brought back, no cookie is set, so that one which a
// login has set meanwhile stays in the browser, and what would have been saved is refused.
func (on cases) TestSessionThatExpiresWhileItsRequestRuns(t *testing.T) {
	storesNothing := map[string]bool{ // and so has nothing to be refused
		"untouched, saved every time": true, "read, saved every time": true, "read, rolling": true,
		"touch": true, "touch and read": true, "an expiry that is reset": true,
	}
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		for name, opts := range map[string][]gormsession.Option{
			"own layout":    nil,
			"no step":       {gormsession.WithExpiryStep(0)},
			"replaced rows": {gormsession.WithReplacedRows()},
			"Django's":      {withLayout(layout.Django())},
		} {
			for _, o := range overtaking {
				for _, fixed := range []bool{false, true} { // the end of the session
					t.Run(fmt.Sprintf("%s/%s/%t", name, o.name, fixed), func(t *testing.T) {
						opts := append(opts[:len(opts):len(opts)], o.opts...)
						s := on.newSiteWith(t, d, c.Gorm(), opts...)
						s.cookieName = s.plugin.CookieName()
						if name == "Django's" {
							s.table = "django_session"
						}
						want := http.StatusBadRequest
						if storesNothing[o.name] && (!fixed || o.name != "an expiry that is reset") {
							want = http.StatusOK
						}
						s.staysOver(o.page, fixed, want)
					})
				}
			}
		}
	})
}

// What a request has ended itself, by SetExpiry, is still its own, and it may change its mind.
func (on cases) TestSessionThatItsRequestEnds(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		for _, step := range []time.Duration{0, time.Hour} {
			s := on.newSiteWith(t, d, c.Gorm(), gormsession.WithExpiryStep(step))
			for _, key := range []string{"", s.start(map[string]any{"name": "Ann"})} {
				var later error
				got := s.visit(key, func(c *Call) {
					state := c.Session()
					state.SetExpiry(-time.Minute)
					if err := state.Save(); err != nil {
						t.Error(err)
					}
					state.Set("name", "Bob")
					later = state.Save()
					state.Touch()
				})
				if got.status != http.StatusOK || later != nil || len(s.entries(key)) != 0 {
					t.Errorf("ended: %d, %v, %s", got.status, later, got.line)
				}
			}
			key := s.start(map[string]any{"name": "Ann"})
			got := s.visit(key, func(c *Call) {
				state := c.Session()
				state.SetExpiry(-time.Minute)
				if err := state.Save(); err != nil {
					t.Error(err)
				}
				state.ResetExpiry()
			})
			if got.status != http.StatusOK || s.entries(key)["name"] != "Ann" {
				t.Errorf("ended and not: %d, %v", got.status, s.entries(key))
			}
		}
	})
}

// A write that would change nothing in a row that has ended makes it nobody's own: what follows it
// brings the session back no more than it does itself.
func (on cases) TestExpiredSessionStaysOverAfterANote(t *testing.T) {
	on.needs(t, Stream)
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	key := s.start(map[string]any{"name": "Ann"})
	at := s.clock.Now().Add(time.Hour)
	s.visit(key, func(c *Call) { c.Session().SetExpiryAt(at) })
	got := s.visit(key, s.late(func(c *Call) {
		state := c.Session()
		state.Set("name", "Ann")
		c.Flush()
		state.Set("name", "Eve")
		state.ResetExpiry()
		if err := state.Save(); !errors.Is(err, gormsession.ErrInterrupted) {
			t.Errorf("Save says %v", err)
		}
	}))
	if got.status != http.StatusBadRequest || len(s.entries(key)) != 0 {
		t.Errorf("%d, %v", got.status, s.entries(key))
	}
}

// Save says that the session is gone, and the log that it has expired.
func (on cases) TestSaveOfASessionThatHasExpired(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	key := s.start(map[string]any{"name": "Ann"})
	var saved error
	got := s.visit(key, s.late(func(c *Call) {
		c.Session().Set("name", "Bob")
		saved = c.Session().Save()
	}))
	if got.status != http.StatusBadRequest || !errors.Is(saved, gormsession.ErrInterrupted) {
		t.Errorf("%d, %v", got.status, saved)
	}
	s.log.wants(t, "the session has expired while the request ran")
}

// Where the answer to a save is lost, the session may expire before the second try: what was not
// saved then stays unsaved, and what has ended the session has.
func (on cases) TestSessionThatExpiresAfterALostAnswer(t *testing.T) {
	on.lossySites(t, func(t *testing.T, s lossySite, bare bool) {
		key := s.start(map[string]any{"n": 5})
		ended := func() {
			s.exec("UPDATE web_sessions SET expire_date = ? WHERE session_key = ?",
				gormsession.Expiry{Time: s.clock.Now().Add(-time.Hour)}, stored(key))
		}
		s.delays("UPDATE", ended)
		got := s.visit(key, writeName("Ann"))
		if got.status != http.StatusBadRequest || got.cookie != nil {
			t.Errorf("undone, then expired: %d %s\n%s", got.status, got.line, s.log)
		}
		s.holds("undone, then expired", key, `{"n":5}`)

		key = s.start(map[string]any{"n": 5})
		s.loses(committing("UPDATE", bare), nil)
		got = s.visit(key, func(c *Call) { c.Session().SetExpiry(-time.Minute) })
		s.done("ended, and the answer lost", got, key, `{"_session_expiry":-60,"n":5}`)

		key = s.start(map[string]any{"n": 5})
		s.loses(committing("UPDATE", bare), func() { s.clock.advance(time.Minute) })
		got = s.visit(key, func(c *Call) { c.Session().SetExpiry(-time.Second) })
		s.done("ended, and found so later", got, key, `{"_session_expiry":-1,"n":5}`)
	})
}
