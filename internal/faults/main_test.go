package faults

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/faults/application"
)

var (
	form = flag.String("form", "", "run the cases in the short `form`, or in the long one")
	seed = flag.Uint64("seed", 0, "the `number` that all chance comes from; 0 takes one")
	page = flag.String("report", "", "write what was found into a `file`")
)

// applicationVariable has the settings of a process that is an application.
const applicationVariable = "GORMSESSION_FAULTS_APPLICATION"

func TestMain(m *testing.M) {
	if settings := os.Getenv(applicationVariable); settings != "" {
		if err := application.Run(settings); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if lock := os.Getenv(lockVariable); lock != "" {
		holdLock(lock)
		return
	}
	os.Exit(dbtest.Main(m))
}
