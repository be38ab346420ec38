package dashboardtest

import (
	"os"
	"testing"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }
