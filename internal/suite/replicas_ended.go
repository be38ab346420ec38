package suite

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
)

// A session that has ended, and that a replica still shows, is not brought back: what was changed
// is refused, and what reads the primary first finds none.
func (on cases) TestStaleReadOfWhatHasEnded(t *testing.T) {
	do := func(acts ...func(*gormsession.State)) func(*gormsession.State) any {
		return func(s *gormsession.State) any {
			for _, act := range acts {
				act(s)
			}
			return nil
		}
	}
	change := func(s *gormsession.State) { s.Set("x", 1) }
	logsIn := func(s *gormsession.State) { s.LogIn(42) }
	acts := map[string]struct {
		act    func(s *gormsession.State) any
		status int
		cookie string
		left   map[string]any
	}{
		"a change": {do(change), http.StatusBadRequest, "", nil},
		"what it shows": {do(func(s *gormsession.State) { s.Set("name", "Ann") }),
			http.StatusBadRequest, "", nil},
		"a touch": {do((*gormsession.State).Touch), http.StatusOK, "", nil},
		"a save": {do(func(s *gormsession.State) { _ = s.Save() }),
			http.StatusBadRequest, "", nil},
		"a change and a login": {do(change, logsIn), http.StatusBadRequest, "", nil},
		"a login":              {do(logsIn), http.StatusOK, "new", map[string]any{"_user": 42}},
		"a modify": {do(func(s *gormsession.State) { counter.Modify(s, plusOne) }),
			http.StatusOK, "new", map[string]any{"n": 1}},
		"a take": {func(s *gormsession.State) any {
			_, ok := gormsession.Field[bool]("stays").Take(s)
			return ok
		}, http.StatusOK, "", nil},
		"a logout": {do((*gormsession.State).LogOut), http.StatusOK, "deleted", nil},
	}
	on.onReplicated(t, func(t *testing.T, m *replicated) {
		for name, c := range acts {
			key := m.overtaken(isAnn, pageF)
			got := m.visit(key, m.afterReading(c.act))
			if got.status != c.status || got.cookieIs(key) != c.cookie {
				t.Errorf("%s: %d, and the cookie is %q\n%s", name, got.status, got.cookieIs(key), m.log)
			}
			if m.entries(key) != nil {
				t.Errorf("%s: the session is back", name)
			}
			if c.status == http.StatusBadRequest {
				m.log.wants(t, "a replica still had it when this request loaded it")
				m.log.forget()
			}
			if c.cookie != "new" || got.cookie == nil {
				continue
			}
			left := m.entries(got.cookie.Value)
			delete(left, "_session_start")
			if is, want := fmt.Sprint(left), fmt.Sprint(c.left); is != want {
				t.Errorf("%s: the new one holds %s, not %s", name, is, want)
			}
		}
		key := m.overtaken(func(c *Call) { isAnn(c); c.Session().LogIn(42) }, pageF)
		if got := m.visit(key, m.afterReading(func(s *gormsession.State) any {
			return s.IsFresh(time.Hour)
		})); got.body != "false" {
			t.Errorf("whose session has ended is fresh: %s", got.body)
		}
	})
}
