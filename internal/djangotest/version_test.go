package djangotest

import (
	"testing"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Which Djangos are tested here, on which databases. `make djangos` shows it, as a test that
// is skipped says nothing otherwise.
func TestDjangos(t *testing.T) {
	for _, version := range Versions {
		for _, kind := range dbtest.Kinds {
			t.Run(string(version)+"/"+string(kind), func(t *testing.T) {
				python, _, err := version.find(kind)
				if err != nil {
					version.unavailable(t, err)
				}
				t.Logf("by %s", python)
			})
		}
	}
}
