package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A part of the page is put in the place of what was there of that name, and of nothing else.
func TestPut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	put := func(name, part string) {
		t.Helper()
		if err := Put(path, Title, name, part); err != nil {
			t.Fatal(err)
		}
	}
	put("one", "first")
	put("two", "second")
	put("one", "third")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := Title + "\n<!-- made by one -->\n\nthird\n\n<!-- end of one -->\n\n" +
		"<!-- made by two -->\n\nsecond\n\n<!-- end of two -->\n"
	if string(text) != want {
		t.Errorf("%s", text)
	}
}

// A run says what there is of all, and shows each case with its rule once.
func TestText(t *testing.T) {
	text := Run{Rows: []Row{
		{Case: "kill", Rule: "Nothing is lost.", Database: "sqlite", Requests: 1234, Done: 1000,
			Checked: 17, Recovery: 1234 * time.Millisecond},
		{Case: "kill", Rule: "Nothing is lost.", Database: "postgres", Requests: 1, Violated: 2},
	}}.Text()
	for part, times := range map[string]int{
		"Of 1,235 requests": 1, "**2 were wrong**": 1, "### kill": 1, "Nothing is lost.": 1,
		"| sqlite |": 1, "took 1.23s": 1,
	} {
		if n := strings.Count(text, part); n != times {
			t.Errorf("%q stands there %d times:\n%s", part, n, text)
		}
	}
}
