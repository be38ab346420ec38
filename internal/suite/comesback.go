package suite

import (
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// errRefused is what a driver says where nobody takes its call.
var errRefused = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}

// A database that goes with the answer to a COMMIT, and comes back in time, is waited for: it alone
// can tell whether the save was done, and after a login nobody else has the new key.
func (on cases) TestDatabaseThatComesBackTells(t *testing.T) {
	on.lossySites(t, func(t *testing.T, s lossySite, _ bool) {
		away := func() {
			fail, _ := failsFirst("BEGIN", errRefused, 10)
			s.statements.Fail(fail)
		}
		key := s.start(map[string]any{"n": 5})
		s.loses("COMMIT", away)
		s.done("Modify", s.visit(key, increment), key, `{"n":6}`)
		s.loses("COMMIT", away)
		got := s.visit(key, func(c *Call) {
			c.Session().CycleKey()
			increment(c)
		})
		if got.cookieIs(key) != "new" {
			t.Fatalf("a login was answered with %d\n%s", got.status, s.log)
		}
		s.done("a login", got, got.cookie.Value, `{"n":7}`)
	})
}

// One that stays away is not called for ever: at a save that has not begun it is given up after a
// few calls, and after a COMMIT once the time is over, as an end that nobody knows.
func (on cases) TestDatabaseThatStaysAway(t *testing.T) {
	for _, kind := range dbtest.Kinds {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := on.newSite(t, dbtest.New(t, kind), gormsession.WithTimeout(time.Second))
			key := s.start(map[string]any{"n": 5})
			calls, count := failsFirst("BEGIN", errRefused, 1000)
			s.statements.Fail(calls)
			s.visit(key, increment).unavailable(t)
			if n := count.Load(); n != 5 {
				t.Errorf("a save that has not begun: %d calls", n)
			}
			s.statements.Fail(nil)
			s.statements.FailAfter(first("COMMIT", lost[kind], func() { s.statements.Fail(calls) }))
			if got := s.visit(key, increment); got.status != http.StatusServiceUnavailable {
				t.Errorf("answered with %d", got.status)
			}
			s.log.wants(t, gormsession.ErrOutcomeUnknown.Error())
			if n := count.Load(); n <= 10 {
				t.Errorf("after a COMMIT: %d calls", n-5)
			}
		})
	}
}
