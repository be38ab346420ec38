package suite

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

const mebibyte = 1 << 20

// many sets so many entries.
func many(n int) func(*Call) {
	return func(c *Call) {
		for i := range n {
			c.Session().Set(strconv.Itoa(i), true)
		}
	}
}

// flashing adds so many messages.
func flashing(n int) func(*Call) {
	return func(c *Call) {
		for i := range n {
			c.Session().Flash(i)
		}
	}
}

// A session that would be too large is a 500 whatever makes it so, what was saved before stays, and
// the log names the entry. What is just within the bounds is saved.
func (on cases) TestTooLarge(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newSite(t, d)
		large := strings.Repeat("large ", mebibyte/6+1)
		key := s.start(map[string]any{"name": "Ann"})
		for name, c := range map[string]struct {
			page func(*Call)
			log  string
		}{
			"one entry": {set("portrait", large), `entry \"portrait\"`},
			"modified":  {func(c *Call) { c.Session().Modify("m", func(any) any { return large }) }, `\"m\"`},
			"default":   {func(c *Call) { c.Session().GetOrSet("g", large) }, `\"g\"`},
			"a message": {func(c *Call) { c.Session().Flash(large) }, "_flashes"},
			"two together": {func(c *Call) {
				set("a", large[:mebibyte/2])(c)
				set("b", large[:mebibyte/2])(c)
			}, "WithMaxBytes"},
			"entries":  {many(1000), "WithMaxEntries"},
			"messages": {flashing(101), "WithMaxFlashes"},
		} {
			s.log.forget()
			got := s.visit(key, c.page)
			if got.status != http.StatusInternalServerError || got.cookie != nil {
				t.Errorf("%s: %d, and the cookie %v", name, got.status, got.cookie)
			}
			if entries := s.entries(key); len(entries) != 1 || entries["name"] != "Ann" {
				t.Errorf("%s: the session holds %d entries, name %v", name, len(entries), entries["name"])
			}
			s.log.wants(t, gormsession.ErrTooLarge.Error(), c.log)
			if strings.Contains(s.log.String(), "large large") {
				t.Errorf("%s: the log shows a value", name)
			}
		}
		for name, page := range map[string]func(*Call){
			"one entry": set("portrait", large[:mebibyte-50]), "entries": many(1000),
			"messages": flashing(100),
		} {
			if got := s.visit("", page); got.status != http.StatusOK || got.cookie == nil {
				t.Errorf("%s, just within: %d", name, got.status)
			}
		}
	})
}

// A visitor whose session is full logs in as any other: what the library notes meanwhile is none of
// the entries that are counted.
func (on cases) TestLoginOfAFullSession(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithMaxEntries(2),
		gormsession.WithUsers())
	key := s.start(map[string]any{"tea": 1, "cup": 1})
	got := s.visit(key, func(c *Call) {
		c.Session().LogIn(42)
		c.Session().SetBrowserSession()
		c.Session().Flash("Welcome back!")
	})
	if got.status != http.StatusOK || got.cookieIs(key) != "new" {
		t.Fatalf("%d, and the cookie is %q", got.status, got.cookieIs(key))
	}
	if got := s.visit(got.cookie.Value, set("milk", 1)); got.status != http.StatusInternalServerError {
		t.Errorf("one entry more: %d", got.status)
	}
}

// Of two requests that make a session too large together, the one that is saved later is refused.
func (on cases) TestTooLargeTogether(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newSite(t, d)
		half := strings.Repeat("x", mebibyte*3/5)
		key := s.start(map[string]any{"name": "Ann"})
		got := s.visit(key, func(c *Call) {
			set("a", half)(c)
			if got := s.visit(key, set("b", half)); got.status != http.StatusOK {
				t.Errorf("the first: %d", got.status)
			}
		})
		entries := s.entries(key)
		if got.status != http.StatusInternalServerError || len(entries) != 2 || entries["b"] != half {
			t.Errorf("the second: %d, and the session holds %d entries", got.status, len(entries))
		}
	})
}

// A session that was larger before there was a bound can be read, get a new key, be renewed, and
// become smaller, but not larger.
func (on cases) TestLargerThanTheBoundAlready(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		unbound := on.newSite(t, d, gormsession.WithMaxBytes(0), gormsession.WithMaxEntries(0),
			gormsession.WithMaxFlashes(0))
		text := strings.Repeat("x", 2*mebibyte)
		key := unbound.start(map[string]any{"text": text, "n": 10})
		if got := unbound.visit(key, many(1500)); got.status != http.StatusOK {
			t.Fatalf("without a bound: %d", got.status)
		}
		s := on.newSite(t, d, gormsession.WithAbsoluteLifetime(time.Hour), gormsession.WithRolling())
		if got := s.visit(key, logIn(1)); got.status == http.StatusOK && got.cookie != nil {
			key = got.cookie.Value
		} else {
			t.Errorf("a new key: %d", got.status)
		}
		for _, c := range []struct {
			name   string
			page   func(*Call)
			status int
		}{
			{"read", showCounter, 200}, {"renewed", pageT, 200}, {"another entry", many(1501), 500},
			{"larger", set("text", text+"x"), 500}, {"as large", set("n", 20), 200},
			{"smaller", set("text", text[1:]), 200}, {"emptied", pageX, 200}, {"written", set("n", 1), 200},
		} {
			if got := s.visit(key, c.page); got.status != c.status {
				t.Errorf("%s: %d, not %d", c.name, got.status, c.status)
			}
		}
		if entries := s.entries(key); len(entries) != 2 { // and when it began
			t.Errorf("the session holds %d entries", len(entries))
		}
	})
}

// A large session is a warning, once in the life of a plugin.
func (on cases) TestLargeSessionIsWarnedOfOnce(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	s.start(map[string]any{"text": strings.Repeat("x", 60<<10)})
	const warning = "more than 64 KiB"
	if strings.Contains(s.log.String(), warning) {
		t.Errorf("warned of 60 KiB:\n%s", s.log)
	}
	for range 3 {
		s.start(map[string]any{"text": strings.Repeat("x", 65<<10)})
	}
	if n := strings.Count(s.log.String(), warning); n != 1 {
		t.Errorf("warned %d times", n)
	}
}

// Bounds below zero mean nothing.
func (on behind) TestBoundsBelowZero(t *testing.T) {
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	for _, option := range []gormsession.Option{gormsession.WithMaxBytes(-1),
		gormsession.WithMaxEntries(-1), gormsession.WithMaxFlashes(-1)} {
		_, err := gormsession.New(db, option)
		if err == nil || !strings.Contains(err.Error(), "0 is no bound") {
			t.Errorf("a negative bound: %v", err)
		}
	}
}

// A list of messages of any length is given out in one piece, each once, in order.
func (on cases) TestManyMessages(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithMaxFlashes(0))
	key := s.start(map[string]any{"_": 0})
	const n = 3000
	s.visit(key, flashing(n))
	got := s.visit(key, func(c *Call) {
		for i, message := range c.Session().Flashes() {
			if message != int64(i) {
				t.Fatalf("message %d is %v", i, message)
			}
		}
		c.String(http.StatusOK, "%d", len(c.Session().Flashes()))
	})
	if got.body != "0" {
		t.Errorf("%s messages are left", got.body)
	}
}
