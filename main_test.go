package gormsession_test

import (
	"os"
	"testing"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// processVariable makes the test binary one of the processes instead of running tests.
const processVariable = "GORMSESSION_TEST_PROCESS"

// processes are what a test may start this binary for, to have a process beside its own.
var processes = map[string]func(){}

func TestMain(m *testing.M) {
	if process, ok := processes[os.Getenv(processVariable)]; ok {
		process()
		return
	}
	os.Exit(dbtest.Main(m))
}
