package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A tree is a source of gormsession.
type tree struct{ name, dir string }

// trees is a flag that may be given several times.
type trees []tree

func (t *trees) String() string { return "" }

func (t *trees) Set(text string) error {
	name, dir, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return fmt.Errorf("it is name=folder")
	}
	dir, err := filepath.Abs(dir)
	*t = append(*t, tree{name, dir})
	return err
}

const module = "github.com/seed7368b609/gormsession"

// build builds this program with the gormsession of the tree, and returns its path. Everything else
// is as it is here.
func (t tree) build(dir string) (string, error) {
	here, err := output("go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "tree-"+t.name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return "", err
	}
	for _, file := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(here, file))
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(dir, file), text, 0o644); err != nil {
			return "", err
		}
	}
	mod, program := filepath.Join(dir, "go.mod"), filepath.Join(dir, "bench")
	if _, err := output("go", "mod", "edit", "-replace", module+"="+t.dir, mod); err != nil {
		return "", err
	}
	_, err = output("go", "build", "-C", here, "-mod=mod", "-modfile", mod, "-o", program, ".")
	return program, err
}

func output(name string, args ...string) (string, error) {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out)), nil
}
