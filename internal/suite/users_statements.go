package suite

import (
	"context"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Each call on a user's sessions is one statement, which is a transaction where it deletes.
func (on cases) TestStatementsOfUsers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newSite(t, d, gormsession.WithUsers())
		ctx := context.Background()
		s.moved("", logIn("ann"))
		all := must[[]gormsession.UserLogin](t, "the list")(s.plugin.Sessions(ctx, "ann"))
		for _, call := range []struct {
			name, verbs string
			do          func() error
		}{
			{"Sessions", "SELECT", func() error { _, err := s.plugin.Sessions(ctx, "ann"); return err }},
			{"End", "BEGIN DELETE COMMIT", func() error {
				_, err := s.plugin.End(ctx, "ann", all[0].Handle)
				return err
			}},
			{"EndAll", "BEGIN DELETE COMMIT", func() error {
				_, err := s.plugin.EndAll(ctx, "ann")
				return err
			}},
		} {
			s.statements.Reset()
			if err := call.do(); err != nil {
				t.Errorf("%s: %v", call.name, err)
			}
			if got := (reply{statements: s.statements.All()}).verbs(); got != call.verbs {
				t.Errorf("%s asks %q", call.name, got)
			}
		}
		own := s.moved("", logIn("ann"))
		got := s.visit(own, func(c *Call) {
			if _, err := s.plugin.EndOthers(c.Request.Context(), c.Session()); err != nil {
				t.Error(err)
			}
		})
		if got.verbs() != "SELECT BEGIN DELETE COMMIT" { // the first is the session's
			t.Errorf("EndOthers asks %q", got.verbs())
		}
	})
}

// A key that changes by itself costs one transaction with the request in which it does, and a
// request by the key before two statements more than its read.
func (on cases) TestStatementsOfAKeyRotation(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		s := on.newSite(t, d, gormsession.WithKeyRotation(time.Hour))
		first := s.start(map[string]any{"name": "Ann"})
		s.clock.advance(61 * time.Minute)
		got := s.visit(first, showName)
		if got.verbs() != "SELECT BEGIN UPDATE INSERT COMMIT" {
			t.Errorf("a rotation asks %q", got.verbs())
		}
		if by := s.visit(first, showName); by.verbs() != "SELECT SELECT SELECT" {
			t.Errorf("by the key before: %q", by.verbs())
		}
		if by := s.visit(got.cookie.Value, showName); by.verbs() != "SELECT" {
			t.Errorf("by the new key: %q", by.verbs())
		}
	})
}
