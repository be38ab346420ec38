package suite

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// headersLeave are the ways in which the header of a response leaves before its handler ends. The
// end of the body comes after the end of the session.
var headersLeave = map[string]func(*Call){
	"a flush":     func(c *Call) { c.Flush() },
	"a long body": func(c *Call) { c.String(http.StatusOK, "%s", strings.Repeat("x", 65<<10)) },
	"an event":    func(c *Call) { sendEvent(c) },
}

// sendEvent sends a server-sent event.
func sendEvent(c *Call) {
	c.Header("Content-Type", "text/event-stream")
	_, _ = io.WriteString(c.Writer, "event:message\ndata:hello\n\n")
	c.Flush()
}

// logIns are logins, in each order of their steps.
var logIns = map[string]func(*gormsession.State){
	"cycle, set": func(s *gormsession.State) { s.CycleKey(); s.Set("user", 42) },
	"set, cycle": func(s *gormsession.State) { s.Set("user", 42); s.CycleKey() },
	"cycle":      func(s *gormsession.State) { s.CycleKey() },
	"cycle twice, counted": func(s *gormsession.State) {
		s.CycleKey()
		s.Modify("user", func(any) any { return 42 })
		s.CycleKey()
	},
	"flash, cycle": func(s *gormsession.State) { s.Flash("welcome"); s.CycleKey(); s.SetExpiry(0) },
}

// A login of which the client cannot be told is not saved under the old key, which somebody may
// have planted: the row stays as it was, and the log says so, and what Save returns.
func (on cases) TestCycleThatCannotBeTold(t *testing.T) {
	on.needs(t, Stream)
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		s := on.newSiteWith(t, d, c.Gorm())
		for how, leave := range headersLeave {
			for what, logIn := range logIns {
				for _, saves := range []bool{false, true} {
					key, logged := s.start(map[string]any{"cart": 1}), len(s.log.String())
					before := s.rows()
					s.visit(key, func(c *Call) {
						session := c.Session()
						session.Get("cart")
						leave(c)
						logIn(session)
						if saves {
							for range 2 {
								if err := session.Save(); !errors.Is(err, gormsession.ErrHeaderSent) {
									t.Errorf("%s, %s: Save returned %v", how, what, err)
								}
							}
						}
					})
					if after := s.rows(); !maps.Equal(after, before) {
						t.Errorf("%s, %s, saved %t: the rows became %v", how, what, saves, after)
					}
					text := s.log.String()[logged:]
					if strings.Count(text, gormsession.ErrHeaderSent.Error()) != 1 {
						t.Errorf("%s, %s, saved %t: the log says %q", how, what, saves, text)
					}
				}
			}
		}
	})
}

// What was saved before the header left stays, and so does what is changed afterwards under the key
// that there is.
func (on cases) TestChangesAfterTheHeader(t *testing.T) {
	on.needs(t, Stream)
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	key := s.start(map[string]any{"name": "Ann"})
	s.visit(key, func(c *Call) {
		writeName("Bob")(c)
		c.Flush()
		c.Session().Set("n", 1)
	})
	if s.entries(key)["n"] != int64(1) {
		t.Errorf("a change after the header left %v", s.rows())
	}
	got := s.visit(key, func(c *Call) {
		c.Session().CycleKey()
		writeName("Eve")(c)
		c.Flush()
		c.Session().Set("n", 2)
	})
	if got.cookieIs(key) != "new" {
		t.Fatalf("a cycle in time: %s", got.line)
	}
	after := s.entries(got.cookie.Value)
	if s.entries(key) != nil || after["name"] != "Eve" || after["n"] != int64(2) {
		t.Errorf("a cycle in time left %v", s.rows())
	}
}
