package suite

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// One session, the others, and all of a user are ended by one statement each, and nobody else's.
func (on cases) TestEndSessionsOfAUser(t *testing.T) {
	eachRow(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config, rows gormsession.Option) {
		s := on.newSiteWith(t, d, c.Gorm(), rows, gormsession.WithUsers())
		counts := must[int64](t, "end")
		var keys [4]string
		for i := range keys {
			keys[i] = s.moved("", logIn(42))
		}
		bob := s.moved("", logIn(7))
		alive := func() (list string) {
			for _, key := range append(keys[:], bob) {
				list += map[bool]string{true: "alive ", false: "- "}[s.entries(key) != nil]
			}
			return strings.TrimSpace(list) + " "
		}
		page := func(key string, page func(c *Call)) reply {
			t.Helper()
			got := s.visit(key, page)
			if got.status != http.StatusOK {
				t.Errorf("answered with %d\n%s", got.status, s.log)
			}
			return got
		}
		all := must[[]gormsession.UserLogin](t, "the list")(s.plugin.Sessions(t.Context(), 42))
		got := page(keys[0], func(c *Call) {
			ctx := c.Request.Context()
			for _, handle := range []string{"", "nothing", "%", all[0].Handle + "x"} {
				if must[bool](t, "end")(s.plugin.End(ctx, 42, handle)) {
					t.Errorf("ended %q", handle)
				}
			}
			if must[bool](t, "end")(s.plugin.End(ctx, 7, all[0].Handle)) {
				t.Error("ended another user's")
			}
		})
		if n := strings.Count(got.verbs(), "DELETE"); strings.Count(alive(), "alive ") != 5 || n != 4 {
			t.Errorf("what is not there: %s is alive, %s", alive(), got.verbs())
		}
		page(keys[0], func(c *Call) {
			if !must[bool](t, "end")(s.plugin.End(c.Request.Context(), 42, all[0].Handle)) {
				t.Error("nothing ended")
			}
		})
		if strings.Count(alive(), "alive ") != 4 {
			t.Errorf("after one has ended: %s", alive())
		}
		got = page(keys[0], func(c *Call) { // as after a change of the password
			c.Session().LogIn(42)
			if n := counts(s.plugin.EndOthers(c.Request.Context(), c.Session())); n < 2 {
				t.Errorf("%d others have ended", n)
			}
		})
		if got.cookie == nil {
			t.Fatal("no new key after a login")
		}
		keys[0] = got.cookie.Value
		if alive() != "alive - - - alive " {
			t.Errorf("after the others have ended: %s", alive())
		}
		keys[1], keys[2] = s.moved("", logIn(42)), s.moved("", logIn(42))
		got = page(keys[0], func(c *Call) {
			if n := counts(s.plugin.EndAll(c.Request.Context(), 42)); n != 3 {
				t.Errorf("%d have ended", n)
			}
			c.Session().Flash("You are logged out everywhere.")
		})
		if alive() != "- - - - alive " || got.cookieIs(keys[0]) != "new" {
			t.Errorf("after all have ended: %s, and the cookie is %q", alive(), got.cookieIs(keys[0]))
		}
		keys[1] = s.moved("", logIn(42))
		page(bob, func(c *Call) { counts(s.plugin.EndAll(c.Request.Context(), 42)) }) // an administrator
		if alive() != "- - - - alive " {
			t.Errorf("after an administrator has ended all: %s", alive())
		}
		keys[1] = s.moved("", logIn(42))
		got = page(keys[1], func(c *Call) {
			own := must[[]gormsession.UserLogin](t, "own")(s.plugin.Sessions(c.Request.Context(), 42))
			if !must[bool](t, "end")(s.plugin.End(c.Request.Context(), 42, own[0].Handle)) {
				t.Error("its own was not ended")
			}
		})
		if got.cookieIs(keys[1]) != "deleted" || alive() != "- - - - alive " {
			t.Errorf("its own: the cookie is %q, and %s is alive", got.cookieIs(keys[1]), alive())
		}
	})
}

// An intruder who renews the key of the session in a loop, by requests that overlap, does not
// survive the end of all the user's sessions, at any isolation of the application's.
func (on cases) TestNoSessionSurvivesTheEndOfAll(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		options := []gormsession.Option{gormsession.WithUsers()}
		a, b := on.fresh(t, d, c, options...), on.fresh(t, d, c, options...)
		for round := range 30 {
			if round == 15 { // a new key is another row from here on
				options = append(options, gormsession.WithReplacedRows())
				a, b = on.fresh(t, d, c, options...), on.fresh(t, d, c, options...)
			}
			stolen := a.moved("", logIn(42))
			var wg sync.WaitGroup
			began := make(chan struct{})
			wg.Go(func() {
				for i := range 50 {
					got := a.visit(stolen, func(c *Call) {
						if c.Session().UserID() != "" {
							c.Session().CycleKey()
						}
					})
					if i == 3 {
						close(began)
					}
					if got.cookieIs(stolen) != "new" {
						if i < 3 {
							close(began)
						}
						return
					}
					stolen = got.cookie.Value
				}
			})
			<-began
			if _, err := b.plugin.EndAll(t.Context(), 42); err != nil {
				t.Errorf("round %d: %v", round, err)
			}
			wg.Wait()
			if left, err := b.plugin.Sessions(t.Context(), 42); err != nil || len(left) > 0 {
				t.Fatalf("round %d: %d sessions have survived, %v", round, len(left), err)
			}
		}
	})
}

// What is left of a request when it has ended ends a session all the same, and says so only if it
// did.
func (on cases) TestEndAfterTheRequest(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithUsers())
	key := s.moved("", logIn("ann"))
	all := must[[]gormsession.UserLogin](t, "the list")(s.plugin.Sessions(t.Context(), "ann"))
	var request *http.Request
	s.visit(key, func(c *Call) { c.Session().Get("n"); request = c.Request })
	for i := range 2 {
		ended, err := s.plugin.End(request.Context(), "ann", all[0].Handle)
		if err != nil || ended != (i == 0) || s.entries(key) != nil {
			t.Errorf("time %d: ended %t, %v; alive %t", i, ended, err, s.entries(key) != nil)
		}
	}
}
