//go:build unix

package djangotest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A Python that does not run, or is too old, is passed over, and pyenv's newest is taken. What
// GORMSESSION_PYTHON names is not replaced by another.
func TestNewerPython(t *testing.T) {
	root := t.TempDir()
	pythons := map[string]string{ // version to what it does
		"3.11.9": "exit 0", "3.12.1": "exit 0", "3.13.0": "exit 0", "3.14.0": "exit 127",
	}
	python := func(version string) string {
		return filepath.Join(root, "versions", version, "bin", "python3")
	}
	for version, does := range pythons {
		if err := os.MkdirAll(filepath.Dir(python(version)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(python(version), []byte("#!/bin/sh\n"+does+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", "/nowhere")
	t.Setenv("PYENV_ROOT", root)
	t.Setenv("GORMSESSION_PYTHON", "")
	if got, err := newerPython(); err != nil || got != python("3.13.0") {
		t.Errorf("found %q, %v", got, err)
	}
	t.Setenv("GORMSESSION_PYTHON", python("3.14.0"))
	if got, err := newerPython(); err == nil || !strings.Contains(err.Error(), python("3.14.0")) {
		t.Errorf("found %q, %v", got, err)
	}
}
