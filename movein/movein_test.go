package movein_test

import (
	"crypto/rand"
	"errors"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/httpsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/movetest"
	"github.com/seed7368b609/gormsession/movein"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

// A memory is a library of no age: sessions in a map, by tokens.
type memory struct {
	mu    sync.Mutex
	rows  map[string]map[string]any
	fails error
	hides bool // a fault, as if there were no session
}

const oldCookie = "old"

func (m *memory) Cookie() string           { return oldCookie }
func (m *memory) Name(value string) string { return value }

func (m *memory) Load(r *http.Request) (map[string]any, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.hides {
		return nil, nil
	}
	return m.rows[token(r)], m.fails
}

func (m *memory) End(r *http.Request) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := errors.Join(m.fails, r.Context().Err()); err != nil {
		return err
	}
	delete(m.rows, token(r))
	return nil
}

func (m *memory) Forget(w http.ResponseWriter, _ *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: oldCookie, Path: "/", MaxAge: -1})
}

func token(r *http.Request) string {
	cookie, err := r.Cookie(oldCookie)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// oldSession is a copy of the entries of a request.
type oldSession struct {
	memory *memory
	w      http.ResponseWriter
	token  string
	copy   map[string]any
}

func (s *oldSession) Get(name string) any        { return s.copy[name] }
func (s *oldSession) Set(name string, value any) { s.copy[name] = value }

func (s *oldSession) Save() error {
	if s.token == "" {
		s.token = rand.Text()
		http.SetCookie(s.w, &http.Cookie{Name: oldCookie, Value: s.token, Path: "/"})
	}
	s.memory.mu.Lock()
	defer s.memory.mu.Unlock()
	s.memory.rows[s.token] = s.copy
	return nil
}

func (m *memory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s := &oldSession{memory: m, w: w, copy: map[string]any{}}
	if entries, _ := m.Load(r); entries != nil {
		s.token = token(r)
		for name, value := range entries {
			s.copy[name] = value
		}
	}
	movetest.AnswerOld(w, r, s)
}

// A bridge shows what a move has to show, whatever the library and the database.
func TestMove(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		kind := d.Kind()
		movetest.Run(t, func(t *testing.T) movetest.Move {
			db := dbtest.New(t, kind).Open(t)
			old := &memory{rows: map[string]map[string]any{}}
			return movetest.Move{
				Cookie: oldCookie, Old: old, DB: db, Expire: func() { clear(old.rows) },
				New: func(t *testing.T, p *gormsession.Plugin, c movein.Config) http.Handler {
					bridge, err := movein.New(db, p, old, c)
					if err != nil {
						t.Fatal(err)
					}
					return site(p, bridge)
				},
			}
		})
	})
}

// site is the new one.
func site(p *gormsession.Plugin, b *movein.Bridge) http.Handler {
	return httpsession.Handler(p)(b.Handler(http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) { movetest.Answer(w, r, httpsession.Get(r)) },
	)))
}

// New refuses what cannot work, and says what to change.
func TestRefused(t *testing.T) {
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	plugin, err := gormsession.New(db, gormsession.WithCookieName(oldCookie))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := movein.New(db, plugin, &memory{}, movein.Config{}); err == nil {
		t.Error("took a source whose cookie is the plugin's")
	}
	if _, err := movein.New(db, nil, &memory{}, movein.Config{}); err == nil {
		t.Error("took no plugin")
	}
}

// What Fill does is what the new session holds; where it fails nothing is taken over, and the next
// request tries again.
func TestFill(t *testing.T) {
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	plugin, err := gormsession.New(db, gormsession.WithUsers(), gormsession.WithCleanup(0))
	if err != nil {
		t.Fatal(err)
	}
	old := &memory{rows: map[string]map[string]any{"a": {"user": "ann"}}}
	fails := errors.New("not today")
	bridge, err := movein.New(db, plugin, old, movein.Config{
		Fill: func(s *gormsession.State, old map[string]any) error {
			s.LogIn(old["user"])
			return fails
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var users []string
	app := httpsession.Handler(plugin)(bridge.Handler(http.HandlerFunc(
		func(_ http.ResponseWriter, r *http.Request) {
			users = append(users, httpsession.Get(r).UserID())
		})))
	if status := visit(app, "a"); status != http.StatusInternalServerError || len(users) > 0 {
		t.Errorf("Fill failed: %d, and handlers ran for %q", status, users)
	}
	fails = nil
	old.fails = errors.New("away")
	if status := visit(app, "a"); status != http.StatusServiceUnavailable || len(users) > 0 {
		t.Errorf("the old library failed: %d, and handlers ran for %q", status, users)
	}
	old.fails = nil
	if status := visit(app, "a"); status != http.StatusOK || len(users) != 1 || users[0] != "ann" {
		t.Errorf("%d for %q", status, users)
	}
	logins, err := plugin.Sessions(t.Context(), "ann")
	if err != nil || len(logins) != 1 || time.Since(logins[0].Created) > time.Minute {
		t.Errorf("%v, %v: want the one", logins, err)
	}
}
