package suite

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// With WithSaveEveryRequest each request renews a live session, and none makes a row for a dead
// one.
func (on cases) TestOutcomesWithSaveEveryRequest(t *testing.T) {
	cells := []cell{
		{"none", pageS, "S", outcome{}},
		{"none", pageR, "R", outcome{vary: true}},
		{"none", pageW, "W", outcome{"new", true, "inserted", "INSERT"}},
		{"live", pageS, "S", outcome{"refreshed", true, "renewed", "SELECT UPDATE"}},
		{"live", pageR, "R", outcome{"refreshed", true, "renewed", "SELECT UPDATE"}},
		{"live", pageW, "W", outcome{"refreshed", true, "updated", "SELECT UPDATE"}},
		{"live", pageF, "flush", outcome{"deleted", true, "deleted", "DELETE"}},
		{"live", pageD, "discard", outcome{"", true, "", "SELECT"}},
		{"unknown", pageS, "S", outcome{"", true, "", "SELECT"}},
		{"unknown", pageR, "R", outcome{"", true, "", "SELECT"}},
		{"unknown", pageW, "W", outcome{"new", true, "inserted", "SELECT INSERT"}},
		{"expired", pageS, "S", outcome{"", true, "", "SELECT"}},
		{"malformed", pageS, "S", outcome{}},
		{"undecodable", pageS, "S", outcome{"", true, "", "SELECT"}},
		{"undecodable", pageR, "R", outcome{"", true, "", "SELECT"}},
	}
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		on.checkOutcomes(t, d, cells, http.StatusOK, gormsession.WithSaveEveryRequest())
		on.checkOutcomes(t, dbtest.New(t, d.Kind()), []cell{
			{"live", pageS, "S", outcome{}},
			{"live", pageW, "W", outcome{"", true, "", "SELECT"}},
		}, http.StatusInternalServerError, gormsession.WithSaveEveryRequest())
	})
}

// With WithRolling a request that reads or writes renews the session, and one that does not touch
// it costs nothing.
func (on cases) TestOutcomesWithRolling(t *testing.T) {
	cells := []cell{
		{"none", pageR, "R", outcome{vary: true}},
		{"live", pageS, "S", outcome{}},
		{"live", pageR, "R", outcome{"refreshed", true, "renewed", "SELECT UPDATE"}},
		{"live", pageW, "W", outcome{"refreshed", true, "updated", "SELECT UPDATE"}},
		{"live", pageF, "flush", outcome{"deleted", true, "deleted", "DELETE"}},
		{"unknown", pageS, "S", outcome{}},
		{"unknown", pageR, "R", outcome{"", true, "", "SELECT"}},
		{"undecodable", pageR, "R", outcome{"", true, "", "SELECT"}},
	}
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		on.checkOutcomes(t, d, cells, http.StatusOK, gormsession.WithRolling())
		s := on.newSite(t, dbtest.New(t, d.Kind()), gormsession.WithRolling())
		key, updates := s.start(map[string]any{"name": "Ann"}), 0
		const reads = 256
		for range reads {
			s.clock.advance(14 * 24 * time.Hour / reads)
			got := s.visit(key, pageR)
			n := strings.Count(got.verbs(), "UPDATE")
			if is := got.cookieIs(key); is != map[int]string{0: "", 1: "refreshed"}[n] {
				t.Fatalf("with %d updates the cookie is %q: %q", n, is, got.line)
			}
			updates += n
		}
		if updates < 63 || updates > 65 {
			t.Errorf("%d reads in a lifetime took %d updates, want one for each of the 64 steps", reads,
				updates)
		}
	})
}
