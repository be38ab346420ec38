package suite

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// What is relative is done once, whatever is known of the COMMIT of a rotation.
func (on cases) TestKeyRotationLostAnswer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newSite(t, d, hourly, gormsession.WithTimeout(3*time.Second))
		key := s.start(map[string]any{"name": "Ann", "n": 0})
		s.clock.advance(61 * time.Minute)
		var state atomic.Int32
		s.statements.FailAfter(func(sql string) error {
			if strings.HasPrefix(sql, "COMMIT") && state.CompareAndSwap(0, 1) {
				return lost[d.Kind()]
			}
			return nil
		})
		s.statements.Fail(func(sql string) error {
			if strings.HasPrefix(sql, "UPDATE") && state.CompareAndSwap(1, 2) {
				return errors.New("a fault of the moment")
			}
			return nil
		})
		got := s.visit(key, modifies)
		s.statements.Fail(nil)
		s.statements.FailAfter(nil)
		var n any
		s.visit(key, func(c *Call) { n = c.Session().Get("n") })
		if n != int64(1) {
			t.Errorf("answered with %d, and what was to be done once: n is %v", got.status, n)
		}
	})
}

// A logout whose transaction was undone, and whose session gets a new key before the next try, ends
// that.
func (on cases) TestKeyRotationAndALogoutThatIsUndone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newSite(t, d, hourly)
		first := s.start(map[string]any{"name": "Ann"})
		s.clock.advance(61 * time.Minute)
		fail, commits := failsFirst("COMMIT", rollbacks[d.Kind()][0], 1)
		s.statements.Fail(fail)
		rotate := once("BEGIN", func() { s.moved(first, showName) })
		s.statements.Hook(func(sql string) {
			if commits.Load() > 0 {
				rotate(sql)
			}
		})
		got := s.visit(first, pageF)
		s.statements.Hook(nil)
		s.statements.Fail(nil)
		if commits.Load() < 3 {
			t.Fatalf("there were %d commits, of the logout, the new key, and the logout", commits.Load())
		}
		if got.cookieIs(first) != "deleted" || s.live(t) != 0 {
			t.Errorf("%d, the cookie is %q, and %d sessions are left", got.status,
				got.cookieIs(first), s.live(t))
		}
	})
}

// A damaged row is as damaged by the key before.
func (on cases) TestKeyRotationDamaged(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newSite(t, d, hourly)
		first := s.start(map[string]any{"name": "Ann"})
		s.clock.advance(61 * time.Minute)
		second := s.moved(first, showName)
		s.db.Exec("UPDATE web_sessions SET session_data = 'x' WHERE session_key = ?", stored(second))
		want, got := s.visit(second, showName), s.visit(first, showName)
		if got.status != want.status || got.body != want.body {
			t.Errorf("%d %s by the key before, %d %s by the new one", got.status, got.body, want.status,
				want.body)
		}
	})
}

// A logout from a table that keeps its rows, by a trigger, is what it is without the option.
func (on cases) TestKeyRotationKeptRows(t *testing.T) {
	for name, opts := range map[string][]gormsession.Option{"without": nil, "with": {hourly}} {
		d := dbtest.New(t, dbtest.SQLite)
		s := on.newSite(t, d, append(opts, gormsession.WithTimeout(time.Second))...)
		key := s.start(map[string]any{"name": "Ann"})
		s.db.Exec("CREATE TRIGGER keep BEFORE DELETE ON web_sessions BEGIN SELECT RAISE(IGNORE); END")
		began := time.Now()
		got := s.visit(key, func(c *Call) { c.Session().Flush() })
		if got.status != http.StatusOK || len(got.statements) > 10 {
			t.Errorf("%s: %d after %v and %d statements", name, got.status,
				time.Since(began).Round(time.Millisecond), len(got.statements))
		}
	}
}

type rotationsHeard struct{ kinds []string }

func (h *rotationsHeard) HandleEvent(_ context.Context, e gormsession.Event) {
	h.kinds = append(h.kinds, string(e.Kind)+"/"+e.Why)
}

// An audit can tell a rotation from a CycleKey of the application's.
func (on cases) TestKeyRotationIsTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		h := &rotationsHeard{}
		s := on.newSite(t, d, hourly, gormsession.WithEvents(h))
		first := s.start(map[string]any{"name": "Ann"})
		s.clock.advance(61 * time.Minute)
		second := s.moved(first, showName)
		s.moved(second, pageC)
		if h.kinds[len(h.kinds)-1] == h.kinds[len(h.kinds)-2] {
			t.Errorf("heard %q", h.kinds)
		}
	})
}

// At the moment of a rotation a logout, and the end of all of a user's, leave no session, and a
// login leaves one, which its key alone opens.
func (on cases) TestKeyRotationRaces(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newSite(t, d, hourly, gormsession.WithUsers())
		for name, page := range map[string]func(*Call){
			"flush":          func(c *Call) { c.Session().Flush() },
			"read and flush": func(c *Call) { c.Session().Get("name"); c.Session().Flush() },
			"end all": func(c *Call) {
				if _, err := s.plugin.EndAll(context.Background(), "ann"); err != nil {
					t.Error(err)
				}
			},
			"login": logIn("ann"),
		} {
			for range 15 {
				first := s.moved(s.start(map[string]any{"name": "Ann", "n": 0}), logIn("ann"))
				s.clock.advance(61 * time.Minute)
				var wg sync.WaitGroup
				var mu sync.Mutex
				told := map[string]bool{first: true}
				mine := ""
				for i := range 6 {
					wg.Go(func() {
						do := page
						if i != 3 {
							do = []func(*Call){showName, increment}[i%2]
						}
						got := s.visit(first, do)
						mu.Lock()
						defer mu.Unlock()
						if got.status != 200 && got.status != 400 {
							t.Errorf("%s: %d", name, got.status)
						}
						if got.cookie != nil && got.cookie.Value != "" {
							told[got.cookie.Value] = true
							if i == 3 {
								mine = got.cookie.Value
							}
						}
					})
				}
				wg.Wait()
				if name == "login" && mine != "" {
					for key := range told {
						if body := s.visit(key, showName).body; (body == "Ann") != (key == mine) {
							t.Errorf("%s: a key opens %s, that of the login: %v", name, body, key == mine)
						}
					}
				}
				want := 0
				if name == "login" {
					want = 1
				}
				if n := s.live(t); n != want {
					t.Fatalf("%s: %d sessions are left", name, n)
				}
				if _, err := s.plugin.EndEverybody(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
