package suite

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// However many logins of a user there are at once, on two nodes, no more sessions are left than the
// limit allows once they are answered, and nobody else's ends; one after the other, the newest
// stay.
func (on cases) TestUserLimit(t *testing.T) {
	eachRow(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config, rows gormsession.Option) {
		limit := gormsession.WithOptions(rows, gormsession.WithUserLimit(5))
		a, b := on.fresh(t, d, c, limit), on.fresh(t, d, c, limit)
		bob := a.moved("", logIn("bob"))
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				if got := []*site{a, b}[i%2].visit("", logIn("ann")); got.status != http.StatusOK {
					t.Errorf("a login: %d", got.status)
				}
			})
		}
		wg.Wait()
		left, err := a.plugin.Sessions(t.Context(), "ann")
		if err != nil || len(left) > 5 || len(left) == 0 {
			t.Errorf("%d sessions are left, %v", len(left), err)
		}
		for range 5 {
			a.moved("", logIn("ann"))
		}
		a.clock.advance(time.Second)
		last := a.moved("", logIn("ann"))
		left, err = a.plugin.Sessions(t.Context(), "ann")
		if err != nil || len(left) != 5 || a.entries(last) == nil {
			t.Errorf("%d sessions are left, %v, and the last login is alive: %t", len(left), err,
				a.entries(last) != nil)
		}
		if a.entries(bob) == nil {
			t.Error("another user's session has ended")
		}
		a.log.forget()
		again := a.moved(last, logIn("ann")) // no session more
		if all, err := a.plugin.Sessions(t.Context(), "ann"); err != nil || len(all) != 5 ||
			a.entries(again) == nil {
			t.Errorf("after the same session has logged in again: %d, %v", len(all), err)
		}
	})
}

// Names that differ in a space at their end are two users; what a database would not tell apart, or
// not store, is nobody.
func (on cases) TestNamesOfUsers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newSite(t, d, gormsession.WithUsers())
		names := []string{"bob", "bob ", "Bob", "böb", "%", "bob\t"}
		for _, name := range names {
			s.moved("", logIn(name))
		}
		for _, name := range names {
			all, err := s.plugin.Sessions(t.Context(), name)
			if err != nil || len(all) != 1 {
				t.Errorf("%q has %d sessions, %v", name, len(all), err)
			}
		}
		for i, name := range names {
			if n, err := s.plugin.EndAll(t.Context(), name); err != nil || n != 1 {
				t.Errorf("%q: %d sessions have ended, %v", name, n, err)
			}
			if left := len(s.rows()); left != len(names)-i-1 {
				t.Errorf("after the end of %q: %d rows", name, left)
			}
		}
		for _, name := range []string{"a\xff", "a\x00b", strings.Repeat("x", 256)} {
			if got := s.visit("", logIn(name)); got.status != http.StatusInternalServerError {
				t.Errorf("%q has logged in: %d", name, got.status)
			}
			if _, err := s.plugin.EndAll(t.Context(), name); !errors.Is(err, gormsession.ErrEncode) {
				t.Errorf("the end of %q: %v", name, err)
			}
		}
	})
}

// A session that is still in the former table is listed and ended like any other; where that table
// does not say whose its sessions are, the calls say so and nobody is told that all have ended.
func (on cases) TestUsersOfTheFormerTable(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		for name, c := range map[string]struct {
			former gormsession.Option
			fails  bool
		}{"with users": {gormsession.WithUsers(), false}, "without": {gormsession.WithOptions(), true}} {
			d := dbtest.New(t, d.Kind())
			before := on.newSite(t, d, gormsession.WithTable("old"), c.former)
			key := before.moved("", logIn("ann"))
			s := on.newSite(t, d, gormsession.WithUsers(), gormsession.WithTable("new"),
				gormsession.WithFormer(gormsession.WithTable("old"), c.former))
			s.moved("", logIn("ann"))
			all, err := s.plugin.Sessions(t.Context(), "ann")
			n, endErr := s.plugin.EndAll(t.Context(), "ann")
			alive := s.visit(key, readName).status == http.StatusOK && s.entries(key) != nil
			switch {
			case c.fails && (err == nil || endErr == nil || !strings.Contains(err.Error(), "MoveFormer")):
				t.Errorf("%s: %v, %v", name, err, endErr)
			case !c.fails && (err != nil || endErr != nil || len(all) != 2 || n != 2 || alive):
				t.Errorf("%s: listed %d, %v; ended %d, %v; alive %t", name, len(all), err, n, endErr, alive)
			}
		}
	})
}

// With a former table the limit is one for both: the oldest go, in whichever they are.
func (on cases) TestUserLimitOfTwoTables(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		former := gormsession.WithOptions(gormsession.WithTable("old"), gormsession.WithUsers())
		before := on.newSite(t, d, former)
		s := on.newSite(t, d, gormsession.WithTable("new"), gormsession.WithUserLimit(3),
			gormsession.WithFormer(former))
		var keys []string
		for _, at := range []*site{before, before, before, s, s, s, s} {
			at.clock.set(s.clock.Now().Add(time.Second))
			s.clock.set(at.clock.Now())
			keys = append(keys, at.moved("", logIn("ann")))
			if at == before {
				continue
			}
			all, err := s.plugin.Sessions(t.Context(), "ann")
			if err != nil || len(all) != 3 {
				t.Errorf("after %d logins: %d sessions, %v", len(keys), len(all), err)
			}
			for i, key := range keys {
				if newest := i >= len(keys)-3; (s.entries(key) != nil) != newest {
					t.Errorf("after %d logins that of number %d is alive: %t", len(keys), i, !newest)
				}
			}
		}
	})
}

// A session whose user has logged in before the option is found once it was renewed, though it is
// merely read, and counts as one session for the limit; the login that is made now is never the one
// that the limit ends, whatever the clocks of two servers say.
func (on cases) TestLoginFromBeforeTheOption(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		type own struct{ gormsession.UserSession }
		before := on.newSite(t, d, gormsession.WithLifetime(time.Hour), gormsession.WithModel(
			func(row gormsession.Session, _ gormsession.Entries) own {
				return own{gormsession.UserSession{Session: row}}
			}))
		old := before.moved("", logIn("ann"))
		s := on.newSite(t, d, gormsession.WithUserLimit(2), gormsession.WithLifetime(time.Hour),
			gormsession.WithRolling())
		s.clock.advance(30 * time.Minute)
		s.visit(old, readName)
		all, err := s.plugin.Sessions(t.Context(), "ann")
		if err != nil || len(all) != 1 || all[0].Handle == "" {
			t.Errorf("after a renewal: %+v, %v", all, err)
		}
		s.clock.advance(time.Minute)
		first := s.moved("", logIn("ann"))
		if s.entries(old) == nil || s.entries(first) == nil {
			t.Error("a session within the limit has ended")
		}
		s.clock.advance(-20 * time.Minute) // another server, whose clock is behind
		if last := s.moved("", logIn("ann")); s.entries(last) == nil {
			t.Error("the login that was just made has ended")
		}
		if all, err := s.plugin.Sessions(t.Context(), "ann"); err != nil || len(all) != 2 {
			t.Errorf("%d sessions, %v", len(all), err)
		}
	})
}
