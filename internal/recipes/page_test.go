package recipes

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession/internal/madetest"
)

const page = "../../docs/recipes.md"

// The page shows each recipe as its file has it. To show what has changed: go test -run Page
// -update.
func TestPageShowsTheRecipes(t *testing.T) {
	text := string(must(os.ReadFile(page))(t))
	files := must(filepath.Glob("*.go"))(t)
	for _, file := range append(files, "../plugintest/traced.go") {
		switch {
		case file == "doc.go", file == "users.go":
			continue
		case strings.HasSuffix(file, "_test.go") && !strings.Contains(text, "/"+file+" -->"):
			continue // unless it is a recipe for tests
		}
		code := string(must(os.ReadFile(file))(t))
		_, code, _ = strings.Cut(code, "\n\n") // below the package clause
		source := strings.TrimPrefix(filepath.ToSlash(filepath.Join("internal/recipes", file)), "/")
		madetest.Part(t, page, source, "\n```go\n"+code+"```\n\n")
	}
}

// Each section says which test shows it, and each test of this package is named by the page.
func TestPageNamesItsTests(t *testing.T) {
	text := string(must(os.ReadFile(page))(t))
	sections := strings.Split(text, "\n## ")[1:]
	named := regexp.MustCompile("`(Test[A-Za-z0-9]+)`")
	all := map[string]bool{}
	for _, section := range sections {
		title, _, _ := strings.Cut(section, "\n")
		names := named.FindAllStringSubmatch(section, -1)
		if len(names) == 0 && title != "What they share" {
			t.Errorf("%q names no test", title)
		}
		for _, m := range names {
			all[m[1]] = true
		}
	}
	declared := regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9]+)\(`)
	for _, file := range must(filepath.Glob("*_test.go"))(t) {
		for _, m := range declared.FindAllStringSubmatch(string(must(os.ReadFile(file))(t)), -1) {
			if !all[m[1]] && m[1] != "TestMain" && !strings.HasPrefix(m[1], "TestPage") {
				t.Errorf("the page does not name %s", m[1])
			}
		}
	}
}
