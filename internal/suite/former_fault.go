package suite

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Where the answer to a save is lost, and then the row, nothing is counted twice.
func (on cases) TestFormerLostAnswer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		r := on.newRelocation(t, d)
		move := r.mover(t, d)
		for phase, s := range r.servers() {
			key := r.old.start(map[string]any{"n": 1})
			s.statements.FailAfter(first("COMMIT", lost[d.Kind()], move))
			s.visit(key, increment).unavailable(t)
			s.log.wants(t, gormsession.ErrOutcomeUnknown.Error())
			if n := s.visit(key, showCounter).body; n != "2" {
				t.Errorf("%s: one increment made %s of 1", phase, n)
			}
			key = r.old.start(map[string]any{"name": "Ann"})
			s.statements.FailAfter(first("COMMIT", lost[d.Kind()], move))
			if got := s.visit(key, writeName("Bob")); got.status != http.StatusOK {
				t.Errorf("%s: what can be done twice was answered with %d", phase, got.status)
			}
			if got := s.visit(key, readName).body; got != `"Bob"` {
				t.Errorf("%s: the name is %s", phase, got)
			}
		}
	})
}

// A fault of the database on the way to the other table is a fault, and no logout.
func (on cases) TestFormerFault(t *testing.T) {
	r := on.newRelocation(t, dbtest.New(t, dbtest.SQLite))
	key := r.old.start(map[string]any{"n": 1})
	r.two.statements.Fail(func(sql string) error {
		if strings.Contains(sql, "django_session") {
			return errors.New("the disk is gone")
		}
		return nil
	})
	r.two.visit(key, showCounter).unavailable(t)
	r.two.visit(key, func(c *Call) { c.Session().Flush() }).unavailable(t)
	if _, err := r.two.plugin.Exists(context.Background(),
		key); !errors.Is(err, gormsession.ErrUnavailable) {
		t.Errorf("exists: %v", err)
	}
	if r.tables(key) != "old" {
		t.Errorf("rows are left in %q", r.tables(key))
	}
	r.two.visit(r.alone.start(map[string]any{"n": 1}), func(c *Call) {
		session := c.Session()
		counter.Modify(session, plusOne)
		if err := r.alone.plugin.Delete(c.Request.Context(), session.Key()); err != nil {
			t.Error(err)
		}
	}).unavailable(t)
}
