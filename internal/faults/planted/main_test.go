package main

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// Each fault can be planted where the library is now, and compiles there.
func TestBugsFit(t *testing.T) {
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range bugs {
		overlay, err := lay(root, t.TempDir(), b)
		if err != nil {
			t.Errorf("%s: %v", b.name, err)
			continue
		}
		build := exec.Command("go", "build", "-overlay", overlay, "./"+filepath.Dir(b.file))
		build.Dir = root
		if out, err := build.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", b.name, err, out)
		}
	}
}

// A complaint is what a case says, and not which seed it has.
func TestFirstComplaint(t *testing.T) {
	for out, want := range map[string]string{
		"    faults_test.go:9: -seed 7\n        wire_test.go:12: it is wrong\n": "it is wrong",
		"panic: no\n": "",
	} {
		if got := firstComplaint([]byte(out)); got != want {
			t.Errorf("%q: %q", out, got)
		}
	}
}
