package gormsession_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocs checks that each Go example in the documentation stands, line by line, in code that the
// tests compile and mostly run.
func TestDocs(t *testing.T) {
	var code strings.Builder
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		text, err := os.ReadFile(path)
		code.WriteString(squeeze(string(text)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	docs, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := 0
	block := regexp.MustCompile("(?ms)^```go\n(.*?)^```$")
	for _, doc := range append(docs, "README.md") {
		text, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range block.FindAllStringSubmatch(string(text), -1) {
			// an example may leave out what stands between
			for chunk := range strings.SplitSeq(m[1], "\n\n") {
				examples++
				if !strings.Contains(code.String(), squeeze(chunk)) {
					t.Errorf("%s: no code that is tested holds this example:\n%s", doc, chunk)
				}
			}
		}
	}
	if examples < 10 {
		t.Errorf("found %d examples only: does the pattern still fit?", examples)
	}
}

// TestDocsTestsExist checks that each test which the documentation names as its evidence exists.
func TestDocsTestsExist(t *testing.T) {
	var code strings.Builder
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, more := range []string{
		"*/*_test.go", "*/*/*_test.go",
		"internal/suite/*.go", // whose cases are methods
	} {
		more, err := filepath.Glob(more)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, more...)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(text)
	}
	declared := map[string]bool{}
	test := regexp.MustCompile(`(?m)^func (?:\(on \w+\) )?(Test\w+)\(`)
	for _, m := range test.FindAllStringSubmatch(code.String(), -1) {
		declared[m[1]] = true
	}
	named := 0
	docs, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range docs {
		text, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("`(Test[A-Za-z0-9]+)[/`]").FindAllStringSubmatch(string(text), -1) {
			named++
			if !declared[m[1]] {
				t.Errorf("%s names %s, which does not exist", doc, m[1])
			}
		}
	}
	if named == 0 {
		t.Error("the documentation names no test: does the pattern still fit?")
	}
}

// TestOptionsAreInReadme checks that README names each option, but for the one of this module
// alone.
func TestOptionsAreInReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`(?m)^func (With\w+)[\[(].* Option {`)
	options := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			options++
			in := regexp.MustCompile("`" + m[1] + "[(`]").Match(readme)
			if !in {
				t.Errorf("README does not name %s", m[1])
			}
		}
	}
	if options < 25 {
		t.Errorf("found %d options only: does the pattern still fit?", options)
	}
}

// squeeze drops what gofmt decides.
func squeeze(code string) string {
	var lines []string
	for line := range strings.SplitSeq(code, "\n") {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	return "\n" + strings.Join(lines, "\n") + "\n"
}
