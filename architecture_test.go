package gormsession_test

import (
	"os/exec"
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
		"internal/suite": {module + "/ginsession$", module + "/httpsession$",
			"github.com/gin-gonic/gin$"},
		"httpsession": {module + "/ginsession$", "github.com/gin-gonic/", "gorm.io/driver/"},
		".":           {"github.com/gin-gonic/", "gorm.io/driver/"},
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
