package clusters

import (
	"os"
	"testing"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

// variable is set where the tests are to run.
const variable = "GORMSESSION_CLUSTERS"

func asked(t *testing.T) {
	t.Helper()
	if os.Getenv(variable) == "" {
		t.Skipf("%s=1 runs it", variable)
	}
}
