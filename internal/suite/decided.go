package suite

import (
	"errors"
	"net/http"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// fails has each statement of that verb refused.
func (s *site) fails(kind dbtest.Kind, verb string) {
	fail, _ := failsFirst(verb, refusals[kind], 100)
	s.statements.Fail(fail)
}

// A commit that has failed sticks, also where the application lets its own response go: what is
// changed afterwards is dropped, and Err and Save say so.
func (on cases) TestCommitThatFailsSticks(t *testing.T) {
	on.needs(t, Stream)
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		s := on.newSiteWith(t, d, c.Gorm(), gormsession.WithErrorHandler(
			func(http.ResponseWriter, *http.Request, error) bool { return false }))
		key := s.start(map[string]any{"name": "Ann"})
		s.fails(d.Kind(), "UPDATE")
		got := s.visit(key, func(gc *Call) {
			state := gc.Session()
			state.Set("name", "Bob")
			gc.Flush()
			s.statements.Fail(nil)
			state.Set("name", "Eve")
			if err := state.Err(); !errors.Is(err, gormsession.ErrUnavailable) {
				t.Errorf("Err says %v", err)
			}
			if err := state.Save(); !errors.Is(err, gormsession.ErrUnavailable) {
				t.Errorf("Save says %v", err)
			}
		})
		if got.status != http.StatusOK || got.cookie != nil || s.entries(key)["name"] != "Ann" {
			t.Errorf("%d %s, %v", got.status, got.line, s.entries(key))
		}
	})
}

// A Save after Discard is an error, whether the session was loaded before or not, and stores
// nothing.
func (on cases) TestSaveAfterDiscard(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		s := on.newSiteWith(t, d, c.Gorm())
		key := s.start(map[string]any{"name": "Ann"})
		for what, before := range map[string]func(*gormsession.State){
			"unseen": func(*gormsession.State) {}, "loaded": func(s *gormsession.State) { _ = s.Load() },
			"changed": func(s *gormsession.State) { s.Set("name", "Bob") },
		} {
			got := s.visit(key, func(gc *Call) {
				state := gc.Session()
				before(state)
				state.Discard()
				if state.Save() == nil {
					t.Errorf("%s: Save says nothing", what)
				}
			})
			if got.status != http.StatusOK || s.entries(key)["name"] != "Ann" {
				t.Errorf("%s: %d, %v", what, got.status, s.entries(key))
			}
		}
	})
}

// Discard takes back a value that cannot be stored, but no fault of the database.
func (on cases) TestDiscardOfAnError(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		s := on.newSiteWith(t, d, c.Gorm())
		key := s.start(map[string]any{"name": "Ann"})
		if got := s.visit(key, func(gc *Call) {
			gc.Session().Set("name", make(chan int))
			gc.Session().Discard()
		}); got.status != http.StatusOK {
			t.Errorf("a value that cannot be stored: %d", got.status)
		}
		s.fails(d.Kind(), "SELECT")
		if got := s.visit(key, func(gc *Call) {
			state := gc.Session()
			state.Get("name")
			state.Flush()
			state.Discard()
		}); got.status != http.StatusServiceUnavailable {
			t.Errorf("a load that has failed: %d", got.status)
		}
	})
}

// A response varies by the cookie where it depends on it, and not for a renewal that is not done.
func (on cases) TestVaryOfARenewalThatIsNotDone(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		s := on.newSiteWith(t, d, c.Gorm(), gormsession.WithSaveEveryRequest())
		key := s.start(map[string]any{"name": "Ann"})
		for what, page := range map[string]func(*Call){
			"a touch of an error page": func(gc *Call) { pageT(gc); gc.Status(500) },
			"discarded":                func(gc *Call) { gc.Session().Discard() },
		} {
			if got := s.visit(key, page); got.header.Get("Vary") != "" || got.cookie != nil {
				t.Errorf("%s: Vary %q, %s", what, got.header.Get("Vary"), got.line)
			}
		}
	})
}
