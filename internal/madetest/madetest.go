// Package madetest holds the parts of pages that are made out of the code, so that they say what
// it does.
package madetest

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what is made from the code into the pages")

// Part compares what a page shows between the comment "<!-- made from source -->" and the next
// "<!-- end -->" with what is made now, or writes it there under -update.
func Part(t *testing.T, page, source, made string) {
	t.Helper()
	begin, end := "<!-- made from "+source+" -->\n", "<!-- end -->"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	shown, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no place for what is made from %s", page, source)
	}
	if *update {
		if err := os.WriteFile(page, []byte(before+begin+made+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	was, is := strings.Split(shown, "\n"), strings.Split(made, "\n")
	for i := range max(len(was), len(is)) {
		if line(was, i) != line(is, i) {
			t.Errorf("%s, line %d of what is made from %s, shows\n%s\nand not\n%s",
				page, i+1, source, line(was, i), line(is, i))
		}
	}
}

func line(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}
