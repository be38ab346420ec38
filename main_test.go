package gormsession_test

import (
	"os"
	"testing"

	"github.com/seed7368b609/gormsession/internal/suite"
)

func TestMain(m *testing.M) { os.Exit(suite.Main(m, onNothing)) }
