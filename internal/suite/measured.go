package suite

import (
	"os"
	"path/filepath"
	"testing"
)

// measuredFile is a file of testdata/django, at the root of the module: what real Djangos have. A
// test runs in the directory of its adapter.
func measuredFile(t *testing.T, name string) []byte {
	t.Helper()
	root := "."
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		if root = filepath.Join(root, ".."); len(root) > 100 {
			t.Fatal("no go.mod above the working directory")
		}
	}
	text, err := os.ReadFile(filepath.Join(root, "testdata", "django", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}
