package gormsession_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// Each link in the documentation leads to a file, and to a heading, that there is; and README leads
// to each page.
func TestLinks(t *testing.T) {
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	docs, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	code := regexp.MustCompile("`[^`\n]*`")
	fromReadme := map[string]bool{"README.md": true}
	for _, page := range append(pages, docs...) {
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(prose(t, page), ""), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			file, heading, _ := strings.Cut(m[1], "#")
			path := page
			if file != "" {
				path = filepath.Join(filepath.Dir(page), filepath.FromSlash(file))
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s leads to %s, which is not there", page, m[1])
			} else if heading != "" && !headings(prose(t, path))[heading] {
				t.Errorf("%s leads to %s, where there is no such heading", page, m[1])
			}
			if page == "README.md" {
				fromReadme[filepath.ToSlash(path)] = true
			}
		}
	}
	for _, page := range append(pages, docs...) {
		if !fromReadme[filepath.ToSlash(page)] {
			t.Errorf("README leads nobody to %s", page)
		}
	}
}

// prose is what a page has besides code.
func prose(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile("(?ms)^```.*?^```$|`[^`\n]+`").ReplaceAllString(string(text), "")
}

// headings are the anchors that a page's headings have where pages are shown.
func headings(page string) map[string]bool {
	anchors := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(page, -1) {
		anchors[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, m[1])] = true
	}
	return anchors
}
