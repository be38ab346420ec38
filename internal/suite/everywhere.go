package suite

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// UserSession is a row with a column of the application's own. It is exported, as GORM passes over
// what is embedded and is not.
type UserSession struct {
	gormsession.Session
	UserID *int64 `gorm:"index"`
}

func withUserSession() gormsession.Option {
	return gormsession.WithModel(func(row gormsession.Session, e gormsession.Entries) UserSession {
		u := UserSession{Session: row}
		if id, ok := e.Get("user_id").(int64); ok {
			u.UserID = &id
		}
		return u
	})
}

// logOutEverywhere is the recipe of README for a request of the user's own.
func (s *site) logOutEverywhere(c *Call) {
	db := s.db
	session := c.Session()
	session.Flush() // what follows is a session of its own, without the user
	if err := db.Where("user_id = ?", 42).Delete(&UserSession{}).Error; err != nil {
		c.Status(http.StatusInternalServerError) // the others are still logged in
		return
	}
	session.Flash("You are logged out everywhere.")
	c.Redirect(http.StatusSeeOther, "/")
}

// Who logs out everywhere ends all of the user's sessions and no other one, and is answered, with
// what the handler writes afterwards: a flash message, another login, a status of 500.
func (on cases) TestLogOutEverywhere(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		s := on.newSiteWith(t, d, c.Gorm(), withUserSession())
		for name, test := range map[string]struct {
			page   func(*Call)
			status int
			rows   int
		}{
			"as README has it": {s.logOutEverywhere, 303, 2},
			"after a read":     {func(c *Call) { pageR(c); s.logOutEverywhere(c) }, 200, 2},
			"and in again": {func(c *Call) {
				s.logOutEverywhere(c)
				c.Session().Set("user_id", 42)
			}, 303, 2},
			"and no more": {func(c *Call) {
				s.logOutEverywhere(c)
				c.Session().Flashes()
			}, 303, 1},
			"with an error": {func(c *Call) { s.logOutEverywhere(c); c.Status(500) }, 500, 1},
		} {
			other := s.start(map[string]any{"user_id": 7})
			mine, phone := s.start(map[string]any{"user_id": 42}), s.start(map[string]any{"user_id": 42})
			got := s.visit(mine, test.page)
			if got.status != test.status || len(s.rows()) != test.rows {
				t.Errorf("%s: %d, %d rows, want %d, %d", name, got.status, len(s.rows()), test.status,
					test.rows)
			}
			if s.entries(mine) != nil || s.entries(phone) != nil || s.entries(other) == nil {
				t.Errorf("%s: the wrong sessions live", name)
			}
			want := map[int]string{1: "deleted", 2: "new"}[test.rows]
			if is := got.cookieIs(mine); is != want {
				t.Errorf("%s: the cookie is %q, want %q", name, is, want)
			}
			if err := s.db.Exec("DELETE FROM web_sessions").Error; err != nil {
				t.Fatal(err)
			}
		}
		if text := s.log.String(); strings.Contains(text, gormsession.ErrInterrupted.Error()) {
			t.Errorf("the log says %s", text)
		}
	})
}

// Without the Flush the write that follows is answered with 400; the log says on which page, and
// why.
func (on cases) TestLogOfAnInterruptedSession(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithLifetime(time.Hour))
	expires := func(c *Call) {
		c.Session().Set("n", 1)
		s.clock.advance(2 * time.Hour)
		if err := s.db.Exec("DELETE FROM web_sessions").Error; err != nil { // as a sweep does
			t.Error(err)
		}
	}
	for because, page := range map[string]func(key string) func(*Call){
		"calls Flush first": func(string) func(*Call) {
			return func(c *Call) {
				c.Session().Get("name")
				if err := s.db.Exec("DELETE FROM web_sessions").Error; err != nil {
					t.Error(err)
				}
				c.Session().Flash("bye")
			}
		},
		"by CycleKey in another request": func(key string) func(*Call) {
			return func(c *Call) { pageW(c); s.visit(key, pageC) }
		},
		"ended by another request's SetExpiry": func(key string) func(*Call) {
			return func(c *Call) {
				pageW(c)
				s.visit(key, func(c *Call) { c.Session().SetExpiry(-time.Minute) })
			}
		},
		"has expired while the request ran": func(string) func(*Call) { return expires },
	} {
		key, logged := s.start(map[string]any{"name": "Ann"}), len(s.log.String())
		got := s.visit(key, page(key))
		text := s.log.String()[logged:]
		if got.status != http.StatusBadRequest || got.cookie != nil {
			t.Errorf("%s: %d %s", because, got.status, got.line)
		}
		for _, part := range []string{"level=WARN", because, "path=/page", stored(key)[:12],
			gormsession.ErrInterrupted.Error()} {
			if !strings.Contains(text, part) {
				t.Errorf("the log lacks %q: %s", part, text)
			}
		}
		if strings.Contains(text, key) || strings.Contains(text, stored(key)) {
			t.Errorf("the log shows a key")
		}
	}
}
