package suite

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// A name that a visitor has chosen reaches no entry of the library's own: each way to change one is
// refused, nothing is saved, and the log says why. Reading it is nothing, and neither are the names
// of packages that build on sessions.
func (on cases) TestReservedNames(t *testing.T) {
	changes := map[string]func(s *gormsession.State, name string){
		"Set": func(s *gormsession.State, name string) { s.Set(name, -1) },
		"SetAll": func(s *gormsession.State, name string) {
			s.SetAll(map[string]any{"a": 1, name: -1})
		},
		"GetOrSet": func(s *gormsession.State, name string) { s.GetOrSet(name, 1) },
		"Delete":   func(s *gormsession.State, name string) { s.Delete(name) },
		"Pop":      func(s *gormsession.State, name string) { s.Pop(name) },
		"Modify": func(s *gormsession.State, name string) {
			s.Modify(name, func(any) any { return -1 })
		},
		"a Field's Set": func(s *gormsession.State, name string) {
			gormsession.Field[int](name).Set(s, -1)
		},
		"a Field's Delete": func(s *gormsession.State, name string) {
			gormsession.Field[any](name).Delete(s)
		},
		"a Field's Pop": func(s *gormsession.State, name string) { gormsession.Field[any](name).Pop(s) },
		"a Field's Modify": func(s *gormsession.State, name string) {
			gormsession.Field[any](name).Modify(s, func(any) any { return nil })
		},
	}
	for _, l := range []layout.Layout{layout.Own(), layout.Django()} {
		t.Run(l.Table, func(t *testing.T) {
			s := on.newSite(t, dbtest.New(t, dbtest.SQLite), withLayout(l))
			s.table, s.cookieName = l.Table, l.Cookie
			key := s.visit("", func(c *Call) {
				session := c.Session()
				session.SetExpiry(time.Hour)
				session.Flash("hello")
				session.Set("_auth_user_id", "7")
			}).cookie.Value
			for what, change := range changes {
				for _, name := range []string{"_session_expiry", "_flashes"} {
					for _, request := range []string{key, ""} {
						before := s.rows()
						got := s.visit(request, func(c *Call) {
							session := c.Session()
							session.Set("before", true)
							change(session, name)
							if err := session.Err(); !errors.Is(err, gormsession.ErrReserved) {
								t.Errorf("%s of %s: %v", what, name, err)
							}
						})
						rows := s.rows()
						if got.status != http.StatusInternalServerError || got.cookie != nil || len(rows) != 1 {
							t.Errorf("%s of %s: %d, %s, %d rows", what, name, got.status, got.line, len(rows))
						}
						for stored, row := range before {
							if rows[stored] != row {
								t.Errorf("%s of %s: the row was %v and is %v", what, name, row, rows[stored])
							}
						}
					}
				}
			}
			s.log.wants(t, gormsession.ErrReserved.Error()+": _flashes")
			got := s.visit(key, func(c *Call) {
				session := c.Session()
				c.JSON(http.StatusOK, []any{
					session.Get("_session_expiry"), session.Has("_flashes"), session.ExpiryAge().String(),
					session.Flashes(), session.Get("_auth_user_id"),
				})
				session.ResetExpiry()
			})
			if want := `[3600,true,"1h0m0s",["hello"],"7"]`; got.body != want {
				t.Errorf("the session holds %s, not %s", got.body, want)
			}
			if entries := s.entries(key); len(entries) != 1 {
				t.Errorf("the messages were taken and the expiry is reset, but there is %v", entries)
			}
		})
	}
}
