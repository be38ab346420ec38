package gormsession_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/mattn/go-sqlite3"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// fails has each statement of that verb fail.
func (s *site) fails(verb string) {
	s.statements.Fail(func(sql string) error {
		if strings.HasPrefix(sql, verb) {
			return sqlite3.Error{Code: sqlite3.ErrIoErr}
		}
		return nil
	})
}

// A commit that has failed sticks, also where the application lets its own response go: what is
// changed afterwards is dropped, and Err and Save say so.
func TestCommitThatFailsSticks(t *testing.T) {
	s := newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithErrorHandler(
		func(http.ResponseWriter, *http.Request, error) bool { return false }))
	key := s.start(map[string]any{"name": "Ann"})
	s.fails("UPDATE")
	got := s.visit(key, func(c *gin.Context) {
		state := ginsession.Get(c)
		state.Set("name", "Bob")
		c.Writer.Flush()
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
}

// A Save after Discard is an error, whether the session was loaded before or not, and stores
// nothing.
func TestSaveAfterDiscard(t *testing.T) {
	s := newSite(t, dbtest.New(t, dbtest.SQLite))
	key := s.start(map[string]any{"name": "Ann"})
	for what, before := range map[string]func(*gormsession.State){
		"unseen": func(*gormsession.State) {}, "loaded": func(s *gormsession.State) { _ = s.Load() },
		"changed": func(s *gormsession.State) { s.Set("name", "Bob") },
	} {
		got := s.visit(key, func(c *gin.Context) {
			state := ginsession.Get(c)
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
}

// Discard takes back a value that cannot be stored, but no fault of the database.
func TestDiscardOfAnError(t *testing.T) {
	s := newSite(t, dbtest.New(t, dbtest.SQLite))
	key := s.start(map[string]any{"name": "Ann"})
	if got := s.visit(key, func(c *gin.Context) {
		ginsession.Get(c).Set("name", make(chan int))
		ginsession.Get(c).Discard()
	}); got.status != http.StatusOK {
		t.Errorf("a value that cannot be stored: %d", got.status)
	}
	s.fails("SELECT")
	if got := s.visit(key, func(c *gin.Context) {
		state := ginsession.Get(c)
		state.Get("name")
		state.Flush()
		state.Discard()
	}); got.status != http.StatusServiceUnavailable {
		t.Errorf("a load that has failed: %d", got.status)
	}
}

// A response varies by the cookie where it depends on it, and not for a renewal that is not done.
func TestVaryOfARenewalThatIsNotDone(t *testing.T) {
	s := newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithSaveEveryRequest())
	key := s.start(map[string]any{"name": "Ann"})
	for what, page := range map[string]func(*gin.Context){
		"a touch of an error page": func(c *gin.Context) { pageT(c); c.Status(500) },
		"discarded":                func(c *gin.Context) { ginsession.Get(c).Discard() },
	} {
		if got := s.visit(key, page); got.header.Get("Vary") != "" || got.cookie != nil {
			t.Errorf("%s: Vary %q, %s", what, got.header.Get("Vary"), got.line)
		}
	}
}
