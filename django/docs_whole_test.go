package django_test

import (
	"encoding/json"
	"fmt"
	"go/format"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The programs of docs/django.md are whole: after each step its files, with the lines that the step
// adds or changes, are what the compiler takes, and gofmt leaves alone.
func TestDocumentPrograms(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir, program := t.TempDir(), guide{}
	overlay := map[string]string{}
	packages := map[string]bool{}
	for i, s := range documentSteps(t) {
		if len(s.blocks("go")) == 0 {
			continue
		}
		if strings.HasPrefix(s.title, "10. ") {
			program.withoutDjango()
		}
		// A step may say the same thing several times, one part after the other.
		for part, changed := range program.follow(t, s) {
			for name, text := range changed {
				if formatted, err := format.Source([]byte(text)); err != nil || string(formatted) != text {
					t.Errorf("step %d, %s: %v, or not formatted:\n%s", i+1, name, err, text)
				}
				place := fmt.Sprintf("guide/step%02d-%d/%s", i+1, part, name)
				source := filepath.Join(dir, strings.ReplaceAll(place, "/", "_"))
				if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				overlay[filepath.Join(root, place)] = source
				packages["./"+filepath.Dir(place)] = true
			}
		}
	}
	if len(packages) < 12 {
		t.Errorf("there are %d programs: does the pattern still fit?", len(packages))
	}
	replace, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, replace, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"list", "-export", "-overlay", file} // compiles, and links nothing
	for name := range packages {
		args = append(args, name)
	}
	cmd := exec.Command("go", args...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// A guide is the program's files by name.
type guide map[string]string

var fileBlock = regexp.MustCompile("(?ms)^`([a-z/]+\\.go)`\n\n```go\npackage main\n.*?^```$")

// follow does what a step says, and returns the program after each of its blocks that is no file.
// Files are taken over, lines that begin as one of sessions.go does replace that one, and others go
// in main.go before the server.
func (g guide) follow(t *testing.T, s documentStep) (programs []guide) {
	t.Helper()
	for _, m := range fileBlock.FindAllStringSubmatch(s.text, -1) {
		_, text, _ := strings.Cut(m[0], "```go\n")
		g[m[1]] = strings.TrimSuffix(text, "```")
	}
	if !strings.Contains(s.text, "\n```go\n\t") {
		return []guide{maps.Clone(g)}
	}
	for _, block := range s.blocks("go") {
		if strings.HasPrefix(block, "package main\n") {
			continue
		}
		sessions := g["sessions.go"]
		switch {
		case strings.Contains(block, "\tconfig := "):
			before, body, _ := strings.Cut(sessions, "Plugin, error) {\n")
			_, after, _ := strings.Cut(body, "\n\n")
			g["sessions.go"] = before + "Plugin, error) {\n" + block + "\n" + after
		case strings.HasPrefix(block, "\treturn "):
			start := strings.Index(sessions, "\treturn ")
			g["sessions.go"] = sessions[:start] + block + "}\n"
		default:
			g["main.go"] = strings.Replace(g["main.go"], "\n\tserver := ", "\n"+block+"\n\tserver := ", 1)
		}
		programs = append(programs, maps.Clone(g))
	}
	return programs
}

// withoutDjango is what step 10 says of the files that there are.
func (g guide) withoutDjango() {
	delete(g, "proxy.go")
	for _, gone := range []string{
		`(?s)\t// Where Django listens.*?\tupstream, err := .*?\n\t}\n\tfront, err := .*?\n\t}\n`,
		`\tr\.NoRoute\(.*\n`, `\t"(cmp|net/netip|net/url)"\n`,
	} {
		g["main.go"] = regexp.MustCompile(gone).ReplaceAllString(g["main.go"], "")
	}
}
