package gormsession_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// How a requirement stands, and by which options.
var standing = regexp.MustCompile("^(?:by default(?:; .+)?|" +
	"by option: (`\\w+`(?:, `\\w+`)*)(?:; .+)?|" +
	"(?:short|not there|not there yet|not our job): .+)$")

// What shows it.
var evidence = regexp.MustCompile("^(?:–|none yet|`\\w+(?:/\\w+)?`(?:, `\\w+(?:/\\w+)?`)*)$")

// docs/security.md has one row for each requirement, which says how it stands in one of the ways
// that the page explains, and names options and tests that there are.
func TestSecurityPage(t *testing.T) {
	text, err := os.ReadFile("docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	tests, options := testsOfModule(t), optionsOfModule(t)
	const requirements = 60
	rows := map[int]int{}
	for line := range strings.SplitSeq(string(text), "\n") {
		line = strings.TrimSuffix(strings.TrimPrefix(line, "| "), " |")
		cells := strings.Split(line, " | ")
		n, err := strconv.Atoi(cells[0])
		if err != nil {
			continue
		}
		if rows[n]++; n < 1 || n > requirements || len(cells) != 4 {
			t.Errorf("no row of the page: %s", line)
			continue
		}
		stands := standing.FindStringSubmatch(cells[2])
		if stands == nil {
			t.Errorf("row %d: it stands %q, which the page does not explain", n, cells[2])
			continue
		}
		for _, name := range named(stands[1]) {
			if !options[name] {
				t.Errorf("row %d: there is no option or middleware %s", n, name)
			}
		}
		if !evidence.MatchString(cells[3]) {
			t.Errorf("row %d: %q names no tests", n, cells[3])
		}
		for _, name := range named(cells[3]) {
			if !tests[name] {
				t.Errorf("row %d: there is no test %s", n, name)
			}
		}
		if strings.HasPrefix(cells[2], "by ") && cells[3] == "–" {
			t.Errorf("row %d: it stands %q, and nothing shows it", n, cells[2])
		}
	}
	for n := 1; n <= requirements; n++ {
		if rows[n] != 1 {
			t.Errorf("requirement %d has %d rows", n, rows[n])
		}
	}
}

// named are the names in a list of them.
func named(list string) []string {
	return regexp.MustCompile(`[\w/]{2,}`).FindAllString(strings.TrimPrefix(list, "none yet"), -1)
}

// testsOfModule are the names of all tests, as go test -run takes them: the functions of test
// files, and the cases of the suite, which are methods.
func testsOfModule(t *testing.T) map[string]bool {
	t.Helper()
	tests := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		inSuite, err := filepath.Match("internal/suite/*.go", filepath.ToSlash(path))
		isTest := strings.HasSuffix(path, "_test.go")
		if err != nil || !inSuite && !isTest {
			return err
		}
		for _, f := range functions(t, path) {
			switch group := receiver(f); {
			case group == "" && isTest:
				tests[f.Name.Name] = true
			case inSuite && (group == "cases" || group == "behind"):
				tests["TestSuite/"+strings.TrimPrefix(f.Name.Name, "Test")] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests
}

// optionsOfModule are the functions by which applications ask for something.
func optionsOfModule(t *testing.T) map[string]bool {
	t.Helper()
	options := map[string]bool{}
	for _, pattern := range []string{"*.go", "ginsession/*.go", "django/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			for _, f := range functions(t, path) {
				if receiver(f) == "" && f.Name.IsExported() {
					options[f.Name.Name] = true
				}
			}
		}
	}
	return options
}

// functions are those that a file declares.
func functions(t *testing.T, path string) (found []*ast.FuncDecl) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			found = append(found, f)
		}
	}
	return found
}

// receiver is the type whose method a function is, "" for none.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	if name, ok := f.Recv.List[0].Type.(*ast.Ident); ok {
		return name.Name
	}
	return "*"
}
