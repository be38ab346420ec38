package suite

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A DELETE that waits for a cycle ends the session, and a cycle that waits for a DELETE moves
// nothing.
func (on cases) TestLogOutEverywhereAndACycle(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s, aside, watch := on.newVisitorSite(t, d), d.Open(t), d.Open(t)
		const account = 42
		for range 10 { // new keys sort before the old one and after it
			key, gone := s.start(map[string]any{"account": account}), make(chan int64)
			var began sync.Once
			s.statements.FailAfter(func(sql string) error {
				if strings.HasPrefix(sql, "UPDATE") || strings.HasPrefix(sql, "DELETE") {
					began.Do(func() {
						go func() { gone <- logOut(t, aside, account) }()
						awaitLockWait(t, d.Kind(), watch)
					})
				}
				return nil
			})
			got := s.visit(key, renew)
			n, left := <-gone, s.sessionsOf(account)
			if got.cookieIs(key) != "new" || n != 1 || left != 0 {
				t.Errorf("the cycle was answered with %d, the DELETE hit %d, %d are left",
					got.status, n, left)
			}
			s.statements.FailAfter(nil)

			key = s.start(map[string]any{"account": account})
			issued, answered := make(chan struct{}), make(chan reply)
			s.statements.Hook(func(sql string) {
				if sql == "BEGIN" {
					s.statements.Hook(nil)
					close(issued)
				}
			})
			err := aside.Transaction(func(tx *gorm.DB) error {
				logOut(t, tx, account)
				go func() { answered <- s.visit(key, renew) }()
				<-issued
				awaitLockWait(t, d.Kind(), watch)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			got = <-answered
			left = s.sessionsOf(account)
			if got.status != http.StatusBadRequest || got.cookie != nil || left != 0 {
				t.Errorf("after the DELETE: %d, %q, %d are left", got.status, got.line, left)
			}
		}
	})
}

// Of two cycles of one key, in two processes, that meet in the database one wins; the other one is
// interrupted.
func (on cases) TestOfTwoCyclesThatMeetOneWins(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		for verb, opts := range map[string][]gormsession.Option{
			"UPDATE": nil,
			"DELETE": {gormsession.WithReplacedRows()},
		} {
			s, other := on.newVisitorSite(t, d, opts...), on.newVisitorSite(t, d, opts...)
			watch := d.Open(t)
			key := s.start(map[string]any{"account": 42})
			issued, answered := make(chan struct{}), make(chan reply, 1)
			other.statements.Hook(once(verb, func() { close(issued) }))
			met := make(chan struct{})
			s.statements.FailAfter(first(verb, nil, func() {
				close(met)
				go func() { answered <- other.visit(key, renew) }()
				<-issued
				awaitLockWait(t, d.Kind(), watch)
			}))
			winner := s.visit(key, renew)
			select {
			case <-met:
			default:
				t.Fatalf("a cycle without %s", verb)
			}
			loser := <-answered
			interrupted := loser.status == http.StatusBadRequest && loser.cookie == nil
			if winner.cookieIs(key) != "new" || !interrupted {
				t.Fatalf("%s: %d and %d, %q", verb, winner.status, loser.status, loser.line)
			}
			if s.sessionsOf(42) != 1 || s.entries(winner.cookie.Value) == nil {
				t.Errorf("%s: %d sessions", verb, s.sessionsOf(42))
			}
			logOut(t, s.db, 42)
		}
	})
}
