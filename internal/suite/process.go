package suite

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Main runs the tests of m, as [dbtest.Main] does, or is the process that one of the cases has
// started this binary for, and returns the exit code.
func Main(m *testing.M, a Adapter) int {
	if os.Getenv(dbtest.ConfigVariable) == "" {
		os.Setenv(dbtest.ConfigVariable, a.Gorm)
	}
	var err error
	switch os.Getenv(processVariable) {
	case "":
		_ = mysql.SetLogger(&mysql.NopLogger{}) // it prints a line for each connection that goes
		return dbtest.Main(m)
	case "serve":
		err = ground{adapter: a}.serve()
	case "lock":
		holdLock()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// What the parent of a process says: what it is for, and where the database is.
const (
	processVariable = "GORMSESSION_TEST_PROCESS"
	kindVariable    = "GORMSESSION_TEST_KIND"
	dsnVariable     = "GORMSESSION_TEST_DSN"
	limitVariable   = "GORMSESSION_TEST_LIMIT" // of a user's sessions, where there is one
)

// startProcess starts this binary as one of the processes. It ends at the end of its standard
// input, and so with its parent.
func startProcess(
	t *testing.T, name string, stderr io.Writer, environment ...string,
) (*exec.Cmd, io.WriteCloser, *bufio.Reader) {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary)
	cmd.Env = append(append(os.Environ(), processVariable+"="+name), environment...)
	cmd.Stderr = stderr
	stdin, err1 := cmd.StdinPipe()
	stdout, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	return cmd, stdin, bufio.NewReader(stdout)
}
