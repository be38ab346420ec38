package suite

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// overtaken starts a session that the replica goes on to show as it is after that page, whatever
// the next one does to it.
func (m *replicated) overtaken(page, next func(*Call)) (key string) {
	m.t.Helper()
	got := m.visit("", page)
	key = got.cookie.Value
	m.warm(key)
	if got := m.visit(key, next); got.status != http.StatusOK || got.near != "" {
		m.t.Fatalf("%d, and the replica was asked %q\n%s", got.status, got.near, m.log)
	}
	return key
}

// afterReading is a page that reads the session on the replica before it acts.
func (m *replicated) afterReading(act func(s *gormsession.State) any) func(*Call) {
	return func(c *Call) {
		s := c.Session()
		if is := s.Get("name"); is != "Ann" {
			m.t.Errorf("the replica shows %v", is)
		}
		if shown := act(s); s.Err() == nil {
			c.JSON(http.StatusOK, shown)
		}
	}
}

func isAnn(c *Call) {
	s := c.Session()
	s.SetAll(map[string]any{"name": "Ann", "n": 0, "stays": true})
	s.Flash("one")
}

// What a request does to a session that it has read on a replica is done to what the primary holds,
// and what decides by it has read it there.
func (on cases) TestChangeOfAStaleRead(t *testing.T) {
	bob := func(c *Call) {
		s := c.Session()
		s.SetAll(map[string]any{"name": "Bob", "n": 5, "later": "tea"})
		s.Flash("two")
		s.SetExpiry(time.Hour)
	}
	const later = gormsession.Field[string]("later")
	all := map[string]any{
		"name": "Bob", "n": 5, "later": "tea", "stays": true, "_flashes": []any{"one", "two"},
		"_session_expiry": 3600,
	}
	with := func(name string, value any) map[string]any {
		changed := maps.Clone(all)
		if changed[name] = value; value == nil {
			delete(changed, name)
		}
		return changed
	}
	do := func(act func(*gormsession.State)) func(*gormsession.State) any {
		return func(s *gormsession.State) any { act(s); return nil }
	}
	acts := map[string]struct {
		act  func(s *gormsession.State) any
		show any
		left map[string]any
	}{
		"another entry": {do(func(s *gormsession.State) { s.Set("x", 1) }), nil, with("x", 1)},
		"what the replica holds": {
			do(func(s *gormsession.State) { s.Set("name", "Ann") }), nil, with("name", "Ann"),
		},
		"what the replica holds, saved": {
			func(s *gormsession.State) any { s.Set("name", "Ann"); return s.Save() == nil }, true,
			with("name", "Ann"),
		},
		"a delete": {func(s *gormsession.State) any { return s.Delete("later") }, true,
			with("later", nil)},
		"a pop": {func(s *gormsession.State) any { v, _ := s.Pop("later"); return v }, "tea",
			with("later", nil)},
		"a field's pop": {func(s *gormsession.State) any { v, _ := later.Pop(s); return v }, "tea",
			with("later", nil)},
		"a take": {func(s *gormsession.State) any { v, _ := later.Take(s); return v }, "tea",
			with("later", nil)},
		"a default": {func(s *gormsession.State) any { return s.GetOrSet("later", "rum") }, "tea", all},
		"a modify": {func(s *gormsession.State) any { return counter.Modify(s, plusOne) }, 6,
			with("n", 6)},
		"a clear": {do((*gormsession.State).Clear), nil, map[string]any{}},
		"a flash": {do(func(s *gormsession.State) { s.Flash("three") }), nil,
			with("_flashes", []any{"one", "two", "three"})},
		"flashes": {func(s *gormsession.State) any { return s.Flashes() }, []any{"one", "two"},
			with("_flashes", nil)},
		"no expiry of its own": {do((*gormsession.State).ResetExpiry), nil,
			with("_session_expiry", nil)},
		"a save":  {func(s *gormsession.State) any { return s.Save() == nil }, true, all},
		"a touch": {do((*gormsession.State).Touch), nil, all},
		"a cycle": {do((*gormsession.State).CycleKey), nil, all},
		"a login": {do(func(s *gormsession.State) { s.LogIn(42) }), nil, with("_user", 42)},
		"a set, and a cycle": {do(func(s *gormsession.State) { s.Set("x", 1); s.CycleKey() }), nil,
			with("x", 1)},
		"a set, and a modify": {func(s *gormsession.State) any {
			s.Set("x", 1)
			return counter.Modify(s, plusOne)
		}, 6, func() map[string]any { m := with("n", 6); m["x"] = 1; return m }()},
	}
	on.onReplicated(t, func(t *testing.T, m *replicated) {
		for name, c := range acts {
			key := m.overtaken(isAnn, bob)
			got := m.visit(key, m.afterReading(c.act))
			if got.near != "SELECT" || got.status != http.StatusOK {
				t.Errorf("%s: %d, and the replica was asked %q\n%s", name, got.status, got.near, m.log)
			}
			if shown, _ := json.Marshal(c.show); strings.TrimSpace(got.body) != string(shown) {
				t.Errorf("%s: shown %s, not %s", name, got.body, shown)
			}
			if got.cookieIs(key) == "new" {
				key = got.cookie.Value
			}
			left := m.entries(key)
			delete(left, "_session_start")
			if is, want := fmt.Sprint(left), fmt.Sprint(c.left); is != want {
				t.Errorf("%s: the primary holds %s, not %s", name, is, want)
			}
		}
	})
}

// Of an entry that counts once nobody gets a second one, though the replica still shows it.
func (on cases) TestTakeBesideAReplica(t *testing.T) {
	on.onReplicated(t, func(t *testing.T, m *replicated) {
		key := m.start(map[string]any{"name": "Ann", "token": "t"})
		m.warm(key)
		got := 0
		for range 3 {
			m.visit(key, m.afterReading(func(s *gormsession.State) any {
				if _, ok := gormsession.Field[string]("token").Take(s); ok {
					got++
				}
				return nil
			}))
		}
		if got != 1 {
			t.Errorf("%d have got it", got)
		}
	})
}

// Requests by a key that was replaced, and that a replica still shows as the session's, are those
// of the session.
func (on cases) TestStaleReadOfAReplacedKey(t *testing.T) {
	on.onReplicated(t, func(t *testing.T, m *replicated) {
		first := m.start(map[string]any{"name": "Ann"})
		m.clock.advance(time.Hour - late)
		m.warm(first)
		m.clock.advance(late / 2)
		second := m.moved(first, readName)
		for name, act := range map[string]func(s *gormsession.State){
			"read": func(*gormsession.State) {}, "written": func(s *gormsession.State) { s.Set("x", 1) },
			"modified": func(s *gormsession.State) { counter.Modify(s, plusOne) },
		} {
			got := m.visit(first, m.afterReading(func(s *gormsession.State) any {
				act(s)
				return nil
			}))
			if got.status != http.StatusOK || got.near != "SELECT" {
				t.Errorf("%s: %d, and the replica was asked %q\n%s", name, got.status, got.near, m.log)
			}
		}
		left := m.entries(second)
		delete(left, "_rotation")
		if want := map[string]any{
			"name": "Ann", "x": int64(1), "n": int64(1),
		}; !reflect.DeepEqual(left, want) {
			t.Errorf("the session holds %v", left)
		}
		m.visit(first, m.afterReading(func(s *gormsession.State) any {
			s.LogOut()
			return nil
		}))
		if m.entries(second) != nil {
			t.Error("a logout by the key before left the session")
		}
	}, gormsession.WithKeyRotation(time.Hour))
}

// Of many requests at once, whose reads are as old as replicas are, nothing is lost.
func (on cases) TestReplicaReadsTogether(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		m := on.newReplicated(t, d, dbtest.Configs[0].Gorm(),
			gormsession.WithEncryption(sealKeyA))
		key := m.start(map[string]any{"name": "Ann", "n": 0})
		m.warm(key)
		var clients, copying sync.WaitGroup
		done := make(chan struct{})
		copying.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					m.clock.advance(late / 8)
					_ = m.copies() // a replica that fails is one more
				}
			}
		})
		const each = 12
		for client := range 8 {
			clients.Go(func() {
				for i := range each {
					page := func(c *Call) { readName(c); increment(c) }
					if i%2 == 0 {
						page = func(c *Call) {
							s := c.Session()
							s.Set(fmt.Sprint("by", client, "-", i, "-", s.Len() > 0), true)
						}
					}
					if got := m.site.visit(key, page); got.status != http.StatusOK {
						t.Errorf("%d %s\n%s", got.status, got.body, m.log)
					}
				}
			})
		}
		clients.Wait()
		close(done)
		copying.Wait()
		if left := m.entries(key); left["n"] != int64(8*each/2) || len(left) != 2+8*each/2 {
			t.Errorf("the session holds %v", left)
		}
	})
}
