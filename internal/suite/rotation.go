package suite

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// rotating runs a case on sites whose sessions get a new key each hour, with rows of each kind.
func (on cases) rotating(t *testing.T, f func(t *testing.T, s *site)) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		for name, opts := range map[string][]gormsession.Option{
			"hashed":   nil,
			"sealed":   {gormsession.WithEncryption(sealKeyA)},
			"users":    {gormsession.WithUsers()},
			"replaced": {gormsession.WithReplacedRows()},
		} {
			t.Run(name, func(t *testing.T) {
				table := name + "_sessions"
				s := on.newSiteWith(t, d, c.Gorm(), append(opts, gormsession.WithTable(table),
					gormsession.WithKeyRotation(time.Hour), gormsession.WithLifetime(64*time.Hour))...)
				s.table = table
				f(t, s)
			})
		}
	})
}

func showName(c *Call) { c.String(http.StatusOK, "%v", c.Session().Get("name")) }

// A session that is used has another key after an hour, by a response that changes nothing else of
// it, not even its end. The key before leads to it, and tells the client of the new one, until that
// is replaced in turn.
func (on cases) TestKeyRotation(t *testing.T) {
	on.rotating(t, func(t *testing.T, s *site) {
		first := s.start(map[string]any{"name": "Ann"})
		s.clock.advance(59 * time.Minute)
		if got := s.visit(first, showName); got.cookie != nil || got.body != "Ann" {
			t.Fatalf("within the hour: %d %s, the cookie is %q", got.status, got.body, got.cookieIs(first))
		}
		end := s.rows()[stored(first)].expire
		s.clock.advance(2 * time.Minute)
		if got := s.visit(first, func(*Call) {}); got.cookie != nil || got.verbs() != "" {
			t.Fatalf("not used: %q, the cookie is %q", got.verbs(), got.cookieIs(first))
		}
		second := s.moved(first, showName)
		if r := s.rows(); len(r) != 2 || !r[stored(second)].expire.Equal(end) {
			t.Errorf("%d rows, and the session ends at %v, not %v", len(r), r[stored(second)].expire, end)
		}
		for range 2 { // the response may have been lost
			if got := s.visit(first, showName); got.body != "Ann" || got.cookie == nil ||
				got.cookie.Value != second {
				t.Errorf("the key before: %d %s, the cookie is %q", got.status, got.body,
					got.cookieIs(first))
			}
		}
		got := s.visit(first, func(c *Call) { c.Session().Set("later", true) })
		if got.status != http.StatusOK || s.entries(second)["later"] != true {
			t.Errorf("written by the key before: %d, %v\n%s", got.status, s.entries(second), s.log)
		}
		if got := s.visit(second, showName); got.cookie != nil || got.body != "Ann" {
			t.Errorf("the new key: %d %s, the cookie is %q", got.status, got.body, got.cookieIs(second))
		}
		s.clock.advance(time.Hour)
		third := s.moved(second, showName)
		if len(s.rows()) != 2 {
			t.Errorf("%d rows are left", len(s.rows()))
		}
		if got := s.visit(first, showName); got.body != "<nil>" {
			t.Errorf("the key before the last: %d %s", got.status, got.body)
		}
		if got := s.visit(second, showName); got.body != "Ann" || got.cookie.Value != third {
			t.Errorf("the last key: %d %s, the cookie is %q", got.status, got.body, got.cookieIs(second))
		}
	})
}

// Requests at the moment of a rotation, by either key, are all served, and what they write counts
// once.
func (on cases) TestKeyRotationHarmsNobody(t *testing.T) {
	on.rotating(t, func(t *testing.T, s *site) {
		key := s.start(map[string]any{"name": "Ann", "n": 0})
		for range 3 {
			s.clock.advance(61 * time.Minute)
			var wg sync.WaitGroup
			var mu sync.Mutex
			told := map[string]int{}
			for i := range 12 {
				wg.Go(func() {
					page := showName
					if i%2 == 0 {
						page = increment
					}
					got := s.visit(key, page)
					if got.status != http.StatusOK || page != nil && i%2 == 1 && got.body != "Ann" {
						t.Errorf("%d %s\n%s", got.status, got.body, s.log)
					}
					if got.cookie != nil {
						mu.Lock()
						defer mu.Unlock()
						told[got.cookie.Value]++
					}
				})
			}
			wg.Wait()
			delete(told, key) // of who has saved it before it was replaced
			if len(told) != 1 {
				t.Fatalf("the clients were told of %d keys", len(told))
			}
			for next := range told {
				key = next
			}
		}
		if e := s.entries(key); e["n"] != int64(18) || len(s.rows()) != 2 {
			t.Errorf("%v, and %d rows", e, len(s.rows()))
		}
	})
}

// A logout reaches the session by the key before, also where that is replaced while the request
// runs, and without a load; a login leaves no key of before it that opens anything.
func (on cases) TestKeyRotationAndLogout(t *testing.T) {
	on.rotating(t, func(t *testing.T, s *site) {
		for name, page := range map[string]func(c *Call){
			"without a load": func(c *Call) { c.Session().Flush() },
			"with a load": func(c *Call) {
				c.Session().Get("name")
				c.Session().Flush()
			},
		} {
			first := s.start(map[string]any{"name": "Ann"})
			s.clock.advance(61 * time.Minute)
			s.moved(first, showName)
			if got := s.visit(first, page); got.cookieIs(first) != "deleted" {
				t.Errorf("%s: the cookie is %q", name, got.cookieIs(first))
			}
			if left := s.live(t); left != 0 {
				t.Errorf("%s: %d sessions are left", name, left)
			}
			first = s.start(map[string]any{"name": "Ann"})
			s.clock.advance(61 * time.Minute)
			got := s.visit(first, func(c *Call) {
				c.Session().Get("name")
				s.moved(first, showName)
				page(c)
			})
			if got.cookieIs(first) != "deleted" || s.live(t) != 0 {
				t.Errorf("%s, replaced meanwhile: the cookie is %q, %d sessions are left", name,
					got.cookieIs(first), s.live(t))
			}
		}
		first := s.start(map[string]any{"name": "Ann"})
		s.clock.advance(61 * time.Minute)
		second := s.moved(first, showName)
		third := s.moved(second, logIn("ann"))
		for _, key := range []string{first, second} {
			if got := s.visit(key, showName); got.body != "<nil>" {
				t.Errorf("a key from before the login opens %s", got.body)
			}
		}
		if s.entries(third)["_user"] != "ann" {
			t.Errorf("after the login: %v", s.entries(third))
		}
	})
}

// live is how many rows are sessions that hold something of an application's.
func (s *site) live(t *testing.T) (n int) {
	t.Helper()
	for key, r := range s.rows() {
		entries, err := s.plugin.Entries(gormsession.Session{SessionKey: key, SessionData: r.data})
		if err != nil {
			t.Fatal(err)
		}
		if entries["name"] != nil {
			n++
		}
	}
	return n
}

// What a request does to a session whose key is replaced meanwhile is done to the session: a
// change, a renewal, a login.
func (on cases) TestKeyRotationMeanwhile(t *testing.T) {
	on.rotating(t, func(t *testing.T, s *site) {
		for name, do := range map[string]func(session *gormsession.State){
			"a change":  func(session *gormsession.State) { session.Set("x", true) },
			"relative":  func(session *gormsession.State) { counter.Modify(session, plusOne) },
			"a touch":   func(session *gormsession.State) { session.Touch() },
			"a login":   func(session *gormsession.State) { session.LogIn("ann") },
			"a save":    func(session *gormsession.State) { _ = session.Save() },
			"take":      func(session *gormsession.State) { token.Take(session) },
			"an expiry": func(session *gormsession.State) { session.SetExpiry(time.Hour) },
		} {
			key := s.start(map[string]any{"name": "Ann", "token": "once", "n": 0})
			s.clock.advance(61 * time.Minute)
			next := ""
			got := s.visit(key, func(c *Call) {
				c.Session().Get("name")
				next = s.moved(key, showName)
				do(c.Session())
			})
			if got.cookie != nil && name != "a login" && got.cookie.Value != next {
				t.Errorf("%s: another key than the new one was told", name)
			}
			if got.cookie != nil {
				next = got.cookie.Value
			}
			e := s.entries(next)
			if got.status != http.StatusOK || e["name"] != "Ann" {
				t.Errorf("%s: %d, then %v\n%s", name, got.status, e, s.log)
			}
			switch name {
			case "a change":
				if e["x"] != true {
					t.Errorf("%s: %v", name, e)
				}
			case "relative":
				if e["n"] != int64(1) {
					t.Errorf("%s: %v", name, e)
				}
			case "a login":
				if e["_user"] != "ann" || s.entries(key) != nil {
					t.Errorf("%s: %v", name, e)
				}
			}
		}
	})
}

// A database that cannot rotate a key fails no request that had nothing to save.
func (on cases) TestKeyRotationThatFails(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newSite(t, d, gormsession.WithKeyRotation(time.Hour),
			gormsession.WithTimeout(300*time.Millisecond))
		key := s.start(map[string]any{"name": "Ann"})
		s.clock.advance(61 * time.Minute)
		s.statements.Fail(func(sql string) error {
			if strings.HasPrefix(sql, "UPDATE") {
				return errors.New("the disk is full")
			}
			return nil
		})
		if got := s.visit(key, showName); got.status != http.StatusOK || got.body != "Ann" ||
			got.cookie != nil {
			t.Errorf("%d %s, the cookie is %q\n%s", got.status, got.body, got.cookieIs(key), s.log)
		}
		s.statements.Fail(nil)
		if got := s.visit(key, showName); got.cookie != nil || got.verbs() != "SELECT" {
			t.Errorf("at once again: %q", got.verbs())
		}
		s.clock.advance(2 * time.Minute)
		s.moved(key, showName)
	})
}

// Nothing that a table holds of a key that was replaced opens a session, by no spelling.
func (on cases) TestKeyRotationShowsNoKey(t *testing.T) {
	on.rotating(t, func(t *testing.T, s *site) {
		first := s.start(map[string]any{"name": "Ann"})
		s.clock.advance(61 * time.Minute)
		second := s.moved(first, showName)
		for key, r := range s.rows() {
			entries, err := s.plugin.Entries(gormsession.Session{SessionKey: key, SessionData: r.data})
			if err != nil {
				t.Fatal(err)
			}
			texts := []string{key, r.data}
			if rotation, ok := entries["_rotation"].(map[string]any); ok {
				for _, v := range rotation {
					if text, ok := v.(string); ok {
						texts = append(texts, text)
					}
				}
			}
			for _, text := range texts {
				if strings.Contains(text, first) || strings.Contains(text, second) {
					t.Errorf("a row holds a key")
				}
				for _, spelled := range []string{text, hex.EncodeToString([]byte(text)),
					base64.StdEncoding.EncodeToString([]byte(text))} {
					if len(spelled) > 500 || strings.ContainsAny(spelled, "\"{};, ") {
						continue // no cookie can hold it
					}
					if got := s.visit(spelled, showName); got.body != "<nil>" {
						t.Errorf("what the table holds opens a session: %s", got.body)
					}
				}
			}
		}
	})
}

// Django's table is refused, and so is a time in which nobody could answer.
func (on cases) TestKeyRotationRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		if _, err := gormsession.New(d.Open(t), gormsession.WithKeyRotation(time.Hour),
			withLayout(layout.Django())); err == nil || !strings.Contains(err.Error(), "Django") {
			t.Errorf("on Django's table: %v", err)
		}
		for _, every := range []time.Duration{time.Second, -time.Hour} {
			if _, err := gormsession.New(d.Open(t), gormsession.WithKeyRotation(every)); err == nil ||
				!strings.Contains(err.Error(), "WithKeyRotation") {
				t.Errorf("each %v: %v", every, err)
			}
		}
	})
}
