package gormsession_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// docs/comparison.md has a fact in each cell, and says of each one that is another library's where
// it was read, in a version that does not change.
func TestComparisonPage(t *testing.T) {
	page, err := os.ReadFile("docs/comparison.md")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`/(?:blob|tree)/(?:v?\d+\.\d+\.\d+|[0-9a-f]{40})(?:/|$)`)
	sources, used := map[string]bool{}, map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\[([a-z]-[a-z]+)\]: (\S+)$`).
		FindAllStringSubmatch(string(page), -1) {
		if sources[m[1]] || !version.MatchString(m[2]) {
			t.Errorf("[%s] is there twice, or names no version: %s", m[1], m[2])
		}
		sources[m[1]] = true
	}
	source := regexp.MustCompile(`\[([a-z]-[a-z]+)\](?:[^:]|$)`)
	rows := 0
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		if !strings.HasPrefix(line, "| ") || len(cells) < 9 {
			continue
		}
		if rows++; len(cells) != 9 {
			t.Errorf("%d cells: %s", len(cells), cells[0])
			continue
		}
		for i, cell := range cells[1:8] {
			found := source.FindAllStringSubmatch(cell, -1)
			if len(found) == 0 && cell != "–" && !strings.HasPrefix(cell, "[performance](") {
				t.Errorf("%s: cell %d says not where it was read: %s", cells[0], i+1, cell)
			}
			for _, m := range found {
				used[m[1]] = true
			}
		}
	}
	for name := range used {
		if !sources[name] {
			t.Errorf("[%s] leads nowhere", name)
		}
	}
	for name := range sources {
		if !used[name] {
			t.Errorf("nothing was read in [%s]", name)
		}
	}
	if rows < 15 {
		t.Errorf("%d rows only: does the pattern still fit?", rows)
	}
}
