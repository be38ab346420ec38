package suite

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Discard saves nothing, also of what comes after it, and Save says so.
func (on cases) TestDiscard(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	key := s.start(map[string]any{"name": "Ann"})
	before := s.rows()[stored(key)]
	got := s.visit(key, func(c *Call) {
		session := c.Session()
		session.Set("name", "Bob")
		session.CycleKey()
		session.Discard()
		if session.Get("name") != "Ann" || session.Key() != key || session.Modified() {
			t.Errorf("after Discard the session is %v, modified %v", session.Get("name"), session.Modified())
		}
		session.Set("name", "Eve")
		if err := session.Save(); err == nil {
			t.Error("Save after Discard says that it has saved")
		}
	})
	if row := s.rows()[stored(key)]; got.status != http.StatusOK || got.cookie != nil ||
		row != before {
		t.Errorf("%d %s: the row is %v, was %v", got.status, got.line, row, before)
	}
}

// What could not be loaded is no empty session, also where nothing is to be saved of it.
func (on cases) TestDiscardHidesNoFault(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	key := s.start(map[string]any{"name": "Ann"})
	if err := s.db.Exec("ALTER TABLE web_sessions RENAME TO elsewhere").Error; err != nil {
		t.Fatal(err)
	}
	got := s.visit(key, func(c *Call) {
		session := c.Session()
		name := session.Get("name")
		session.Discard()
		c.JSON(http.StatusOK, name)
	})
	if got.status != http.StatusServiceUnavailable || got.cookie != nil {
		t.Errorf("%d %q %s", got.status, got.body, got.line)
	}
}

// A touch is left out where shared caches may keep the response; a save is not.
func (on cases) TestTouchOfAPublicResponse(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	key := s.start(map[string]any{"name": "Ann"})
	before := s.rows()[stored(key)]
	s.clock.advance(48 * time.Hour)
	got := s.visit(key, func(c *Call) {
		c.Header("Cache-Control", "public, max-age=60")
		c.Session().Touch()
	})
	if row := s.rows()[stored(key)]; row != before || got.cookie != nil ||
		got.header.Get("Cache-Control") != "public, max-age=60" {
		t.Errorf("%s: the row is %v, was %v", got.line, row, before)
	}
}

// A session that was not loaded in its request says so afterwards, instead of passing for an empty
// one.
func (on cases) TestLoadAfterTheRequest(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	key := s.start(map[string]any{"name": "Ann"})
	var kept *gormsession.State
	s.visit(key, func(c *Call) { kept = c.Session() })
	var name string
	if err := kept.Load(); !errors.Is(err, gormsession.ErrClosed) {
		t.Errorf("Load: %v", err)
	}
	if err := kept.Decode("name", &name); !errors.Is(err, gormsession.ErrClosed) || name != "" {
		t.Errorf("Decode: %v, %q", err, name)
	}
}

// A save is an access: the response depends on whose session it was.
func (on cases) TestSaveVaries(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	got := s.visit(s.start(map[string]any{"name": "Ann"}), func(c *Call) {
		if err := c.Session().Save(); err != nil || !c.Session().Accessed() {
			t.Errorf("%v, accessed %v", err, c.Session().Accessed())
		}
	})
	if got.header.Get("Vary") != "Cookie" || got.header.Get("Cache-Control") != "private" {
		t.Errorf("Vary %q, Cache-Control %q", got.header.Get("Vary"), got.header.Get("Cache-Control"))
	}
}
