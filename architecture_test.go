package gormsession_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession/internal/madetest"
)

const module = "github.com/seed7368b609/gormsession"

// list asks go list for something of packages.
func list(t *testing.T, format string, args ...string) []string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list", "-f", format}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// room is the name of a package as the page has it.
func room(path string) string {
	if path == module {
		return "gormsession"
	}
	return strings.TrimPrefix(path, module+"/")
}

// ARCHITECTURE.md draws the rooms as their imports have them. To draw it: go test -run Picture
// -update.
func TestPictureOfTheRooms(t *testing.T) {
	var b strings.Builder
	b.WriteString("\n```\n")
	for _, line := range list(t, `{{.ImportPath}} {{join .Imports " "}}`, "./...") {
		path, imports, _ := strings.Cut(line, " ")
		var enters []string
		for _, other := range strings.Fields(imports) {
			if strings.HasPrefix(other, module) {
				enters = append(enters, room(other))
			}
		}
		name := room(path)
		b.WriteString(name)
		if len(enters) > 0 {
			b.WriteString(
				strings.Repeat(" ", max(1, 20-len(name))) + "→ " + strings.Join(enters, ", "),
			)
		}
		b.WriteString("\n")
	}
	b.WriteString("```\n")

	madetest.Part(t, "ARCHITECTURE.md", "go list", b.String())
}

// What an application links that uses Gin, or the face alone: GORM, its framework and what these
// need, and no driver, no other library of sessions, no telemetry, no browser and no command line,
// though the module has tests and a tool that use them.
func TestWhatApplicationsLink(t *testing.T) {
	others := []string{
		"gorm.io/driver/", "gorm.io/plugin/", "github.com/mattn/go-sqlite3", "modernc.org/",
		"github.com/glebarez/", "github.com/jackc/", "github.com/lib/pq", "github.com/go-sql-driver/",
		"github.com/gin-contrib/sessions", "github.com/alexedwards/scs", "github.com/gorilla/",
		"go.opentelemetry.io/", "github.com/prometheus/", "github.com/chromedp/",
		"github.com/spf13/", "github.com/schollz/", "github.com/labstack/",
		"github.com/coder/websocket", "pgregory.net/rapid", "testing$", module + "/internal/dbtest",
		module + "/cmd/",
	}
	for path, unlinked := range map[string][]string{
		module: append([]string{"github.com/gin-gonic/"}, others...), module + "/ginsession": others,
		module + "/httpsession": append([]string{"github.com/gin-gonic/"}, others...),
		module + "/django":      others,
	} {
		deps := list(t, "{{.ImportPath}}", "-deps", path)
		for _, dep := range deps {
			if slices.ContainsFunc(unlinked, func(prefix string) bool {
				return strings.HasPrefix(dep+"$", prefix)
			}) {
				t.Errorf("who uses %s links %s", path, dep)
			}
		}
		if !slices.Contains(deps, "gorm.io/gorm") {
			t.Errorf("%s is not seen to link GORM: does the list still work?", path)
		}
	}
	// The lists are not in vain: the tool links them.
	tool := list(t, "{{.ImportPath}}", "-deps", module+"/cmd/gormsession")
	for _, dep := range []string{"gorm.io/driver/sqlite", "github.com/spf13/cobra"} {
		if !slices.Contains(tool, dep) {
			t.Errorf("the tool does not link %s", dep)
		}
	}
}

// A wall holds: a room does not reach what it is not to know, by whatever way.
func TestWalls(t *testing.T) {
	for name, unknown := range map[string][]string{
		"internal/verdict":    {""}, // anything
		"internal/plainmodel": {module, "net/http$", "gorm.io/"},
		"internal/fault":      {module, "net/http$", "gorm.io/driver/"},
		"internal/engine": {module + "$", module + "/ginsession$", module + "/httpsession$", "net/http$",
			"gorm.io/driver/"},
		"internal/instant": {module, "net/http$", "gorm.io/"},
		"internal/header": {module + "$", module + "/ginsession$", module + "/httpsession$", "gorm.io/",
			"github.com/gin-gonic/"},
		"internal/response": {module + "$", "gorm.io/", "github.com/gin-gonic/"},
		"internal/layout":   {module + "$", "gorm.io/", "net/http$"},
		"internal/jsontext": {module + "$", "gorm.io/", "net/http$"},
		"internal/scheme":   {module + "$", "gorm.io/", "github.com/gin-gonic/"},
		"internal/visit": {module + "/ginsession$", module + "/httpsession$", "github.com/gin-gonic/",
			"gorm.io/driver/"},
		"internal/passage": {module + "/ginsession$", module + "/httpsession$", "github.com/gin-gonic/",
			"gorm.io/driver/"},
		"internal/suite": {module + "/ginsession$", module + "/httpsession$",
			"github.com/gin-gonic/gin$"},
		"internal/sitetest": {module + "/ginsession$", module + "/httpsession$",
			"github.com/gin-gonic/gin$"},
		"httpsession": {module + "/ginsession$", "github.com/gin-gonic/", "gorm.io/driver/"},
		"movein":      {module + "/ginsession$", "github.com/gin-gonic/", "gorm.io/driver/"},
		".":           {"github.com/gin-gonic/", "gorm.io/driver/"},
		// The program that README begins with: one driver, and nothing of what is for tests.
		"example/first": {"gorm.io/driver/postgres", "gorm.io/driver/mysql", "github.com/jackc/",
			"github.com/go-sql-driver/", "github.com/glebarez/", "modernc.org/", "github.com/gorilla/",
			"github.com/gin-contrib/sessions", "github.com/alexedwards/", "github.com/redis/",
			"github.com/coder/", "github.com/chromedp/", "go.opentelemetry.io/",
			"gorm.io/plugin/", "pgregory.net/", module + "/internal/suite$",
			module + "/internal/dbtest$", module + "/sessiontest$"},
	} {
		path := strings.TrimSuffix(module+"/"+name, "/.")
		for _, dep := range list(t, "{{.ImportPath}}", "-deps", path) {
			reached := slices.ContainsFunc(unknown, func(prefix string) bool {
				return strings.HasPrefix(dep+"$", prefix)
			})
			if dep != path && reached {
				t.Errorf("%s reaches %s", name, dep)
			}
		}
	}
}

// Each adapter shows the whole suite: its cases are methods, and each of them is run under its
// name, so there are as many for one adapter as for another.
func TestEachAdapterIsExercised(t *testing.T) {
	exercised := regexp.MustCompile(
		`(?m)^func TestSuite\(t \*testing\.T\) { suite\.Exercise\(t, on\w+\) }$`)
	for _, adapter := range []string{"ginsession", "httpsession", "echosession"} {
		text, err := os.ReadFile(filepath.Join(adapter, "suite_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		if !exercised.Match(text) {
			t.Errorf("%s does not run the suite", adapter)
		}
	}
}
