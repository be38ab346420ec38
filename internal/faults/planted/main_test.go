package main

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"
)

// Each fault can be planted where the library is now.
func TestBugsFit(t *testing.T) {
	for _, b := range bugs {
		source, err := plant(filepath.Join("..", "..", "..", b.file), b.edits)
		if err != nil {
			t.Errorf("%s: %v", b.name, err)
			continue
		}
		if _, err := parser.ParseFile(token.NewFileSet(), b.file, source, 0); err != nil {
			t.Errorf("%s: %v", b.name, err)
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
