package djangotest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Version is a release line of Django.
type Version string

// The release lines that are tested against.
const (
	V32 Version = "3.2"
	V42 Version = "4.2"
	V52 Version = "5.2"
	V61 Version = "6.1"
)

// Versions lists every [Version], in the order in which [Each] runs them.
var Versions = []Version{V32, V42, V52, V61}

// Each runs f as a subtest per version, named 3.2 and so on; of those that GORMSESSION_DJANGOS
// names, if it is set.
func Each(t *testing.T, f func(t *testing.T, version Version)) {
	t.Helper()
	only := strings.Fields(os.Getenv("GORMSESSION_DJANGOS"))
	for _, version := range Versions {
		if len(only) > 0 && !slices.Contains(only, string(version)) {
			continue
		}
		t.Run(string(version), func(t *testing.T) { f(t, version) })
	}
}

// find returns the Python to run this Django with and where it looks for modules,
// once it has made sure that both are there.
func (v Version) find(kind dbtest.Kind) (python, path string, err error) {
	python, path, err = v.locate()
	if err != nil {
		return "", "", err
	}
	modules := "django"
	switch kind {
	case dbtest.Postgres:
		modules += ", " + v.postgresDriver()
	case dbtest.MariaDB:
		modules += ", MySQLdb"
	}
	found, err := ask(python, path, "import "+modules+"; print(django.get_version())")
	if err != nil {
		return "", "", fmt.Errorf("no module %s in this Python: %w", modules, err)
	}
	if !strings.HasPrefix(found, string(v)+".") {
		return "", "", fmt.Errorf("the machine's Django is %s", found)
	}
	return python, path, nil
}

func (v Version) locate() (python, path string, err error) {
	const system = "/usr/bin/python3" // the one that distribution packages are for
	if v == V32 {
		return system, "", nil
	}
	dir := os.Getenv("GORMSESSION_DJANGO")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", "", err
		}
		dir = filepath.Join(cache, "gormsession", "django")
	}
	path = filepath.Join(dir, string(v))
	if _, err := os.Stat(path); err != nil {
		return "", "", fmt.Errorf("%w: run script/get-django", err)
	}
	if v != V61 {
		return system, path, nil
	}
	python, err = newerPython()
	return python, path, err
}

// postgresDriver is the module that connects to PostgreSQL. What Debian has compiled is
// for its own Python, so script/get-django puts the one in pure Python beside 6.1.
func (v Version) postgresDriver() string {
	if v == V61 {
		return "psycopg"
	}
	return "psycopg2"
}

type question struct{ python, path, program string }

var answers sync.Map // question to func() (string, error)

// ask runs a Python program, once per test process, and returns what it prints.
func ask(python, path, program string) (string, error) {
	q := question{python, path, program}
	answer, _ := answers.LoadOrStore(q, sync.OnceValues(func() (string, error) {
		cmd := exec.Command(python, "-c", program)
		cmd.Env = environment(path)
		out, err := cmd.Output()
		return strings.TrimSpace(string(out)), err
	}))
	return answer.(func() (string, error))()
}

// environment is that of a Python which looks for modules there. What it has compiled it keeps
// beside them, whatever it is told: else each start compiles Django anew.
func environment(path string) []string {
	return append(os.Environ(), "PYTHONPATH="+path, "PYTHONDONTWRITEBYTECODE=")
}

// unavailable ends a test whose Django is not to be had.
func (v Version) unavailable(tb testing.TB, err error) {
	tb.Helper()
	if os.Getenv("CI") == "true" && v != V61 {
		tb.Fatalf("djangotest: no Django %s: %v", v, err)
	}
	tb.Skipf("djangotest: no Django %s: %v", v, err)
}
