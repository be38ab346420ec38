package suite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// heard keeps events, and logs them.
type heard struct {
	mu   sync.Mutex
	all  []gormsession.Event
	then gormsession.EventHandler
}

func (h *heard) HandleEvent(ctx context.Context, e gormsession.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, e)
	h.then.HandleEvent(ctx, e)
}

// take returns what was heard since the last call, a line each.
func (h *heard) take() (lines []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.all {
		line := fmt.Sprintf("%s %s/%s %d", e.Kind, e.UserID, e.Why, e.Count)
		if e.Handle != "" {
			line += " " + e.Handle
		}
		lines = append(lines, line)
	}
	h.all = nil
	return lines
}

// A life is heard of event by event, in order, with the handle and the user; nothing is heard of
// requests that do nothing; and no line of it holds a key.
func (on cases) TestEvents(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		var text logbook
		h := &heard{then: gormsession.LogEvents(slog.New(slog.NewJSONHandler(&text, nil)))}
		s := on.newSite(t, d, gormsession.WithUsers(), gormsession.WithEvents(h),
			gormsession.WithAbsoluteLifetime(time.Hour), gormsession.WithTimeout(300*time.Millisecond))
		handle := func(key string) string { return stored(key)[:12] }
		var keys []string
		wants := func(when string, want ...string) {
			t.Helper()
			if got := h.take(); !slices.Equal(got, want) {
				t.Errorf("%s: heard %q, want %q", when, got, want)
			}
		}
		key := s.start(map[string]any{"n": 0})
		keys = append(keys, key)
		wants("a visitor", "created / 1 "+handle(key))
		s.visit(key, untouched)
		s.visit(key, readName)
		s.visit(key, increment)
		wants("nothing new")
		key = s.moved(key, logIn("ann"))
		keys = append(keys, key)
		wants("a login", "logged in ann/ 1 "+handle(key))
		key = s.moved(key, pageC)
		keys = append(keys, key)
		wants("a new key", "cycled ann/ 1 "+handle(key))
		other := s.moved("", logIn("ann"))
		keys = append(keys, other)
		wants("a login of a new session", "created ann/ 1 "+handle(other),
			"logged in ann/ 1 "+handle(other))
		s.visit(key, func(c *Call) {
			_, _ = s.plugin.EndOthers(c.Request.Context(), c.Session())
		})
		wants("the others", "ended ann/others of the user 1")
		s.visit(other, readName)
		wants("a key that is no more", "rejected /unknown or expired key 1 "+handle(other))
		s.visit("Not-A-Key", readName)
		wants("no key", "rejected /malformed key 1")
		s.visit(key, func(c *Call) {
			increment(c)
			if _, err := s.plugin.EndAll(context.Background(), "ann"); err != nil {
				t.Error(err)
			}
		})
		wants("an end while a request runs", "ended ann/all of the user 1",
			"conflict ann/gone meanwhile 1 "+handle(key))
		key = s.moved("", logIn("bob"))
		keys = append(keys, key)
		h.take()
		s.visit(key, set("portrait", strings.Repeat("x", 2*mebibyte)))
		wants("too large", "rejected bob/too large 1 "+handle(key))
		s.visit(key, func(c *Call) { c.Session().Get("n"); c.Session().LogOut() })
		wants("a logout", "ended bob/logout 1 "+handle(key))
		s.visit(key, func(c *Call) { c.Session().LogOut() })
		wants("a logout of nobody")
		for why, end := range map[string]func(key string) error{
			"by key": func(key string) error { return s.plugin.Delete(t.Context(), key) },
			"by row": func(key string) error {
				return s.plugin.DeleteRow(t.Context(), gormsession.Session{SessionKey: stored(key)})
			},
		} {
			key := s.start(map[string]any{"n": 0})
			keys = append(keys, key)
			h.take()
			for _, want := range [][]string{{"ended /" + why + " 1 " + handle(key)}, nil} {
				if err := end(key); err != nil {
					t.Error(err)
				}
				wants(why, want...)
			}
		}
		for why, end := range map[string]func(ctx context.Context) (int64, error){
			"by handle": func(ctx context.Context) (int64, error) {
				logins, err := s.plugin.Sessions(ctx, "carl")
				if err != nil || len(logins) != 1 {
					t.Fatal(logins, err)
				}
				_, err = s.plugin.End(ctx, "carl", logins[0].Handle)
				return 1, err
			},
			"all of the user": func(ctx context.Context) (int64, error) {
				return s.plugin.EndAll(ctx, "carl")
			},
		} {
			own := s.moved("", logIn("carl"))
			keys = append(keys, own)
			h.take()
			if got := s.visit(own, func(c *Call) {
				if n, err := end(c.Request.Context()); n != 1 || err != nil {
					t.Errorf("%s: %d, %v", why, n, err)
				}
			}); got.cookieIs(own) != "deleted" {
				t.Errorf("%s: the cookie is %q", why, got.cookieIs(own))
			}
			wants("its own, "+why, "ended carl/"+why+" 1")
		}
		key = s.start(map[string]any{"n": 0})
		keys = append(keys, key)
		h.take()
		s.statements.Fail(func(sql string) error {
			if strings.HasPrefix(sql, "SELECT") {
				return errors.New("no answer")
			}
			return nil
		})
		s.visit(key, readName)
		s.statements.Fail(nil)
		wants("a fault", "unavailable /database 1 "+handle(key))
		s.exec("UPDATE web_sessions SET session_data = ? WHERE session_key = ?", "{", stored(key))
		s.visit(key, readName)
		wants("a damaged row", "rejected /damaged row 1 "+handle(key))
		for _, key := range keys {
			if strings.Contains(text.String(), key) || strings.Contains(text.String(), stored(key)) {
				t.Errorf("a key is in the log of events:\n%s", &text)
			}
		}
		if n := strings.Count(text.String(), `"event"`); n < 14 {
			t.Errorf("%d events are in the log:\n%s", n, &text)
		}
	})
}

// A handler that uses the session of the event gets an error and holds nothing up.
func (on cases) TestEventHandlerThatUsesTheSession(t *testing.T) {
	var state *gormsession.State
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithEvents(handlerFunc(func() {
		if state != nil {
			state.Set("n", 1)
		}
	})))
	got := s.visit("", func(c *Call) {
		state = c.Session()
		state.Set("name", "Ann")
	})
	if got.status != http.StatusInternalServerError && got.status != http.StatusOK {
		t.Errorf("answered with %d", got.status)
	}
	state = nil
	if got := s.visit("", writeName("Bob")); got.status != http.StatusOK {
		t.Errorf("the next request got %d", got.status)
	}
}

type handlerFunc func()

func (f handlerFunc) HandleEvent(context.Context, gormsession.Event) { f() }
