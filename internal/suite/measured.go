package suite

import (
	"os"
	"path/filepath"
	"testing"
)

// measuredFile is a file of testdata/django, at the root of the module: what real Djangos have. A
// test runs in the directory of its adapter, which may be in a module of its own.
func measuredFile(t *testing.T, name string) []byte {
	t.Helper()
	root, measured := ".", filepath.Join("testdata", "django")
	for {
		if _, err := os.Stat(filepath.Join(root, measured)); err == nil {
			break
		}
		if root = filepath.Join(root, ".."); len(root) > 100 {
			t.Fatalf("no %s above the working directory", measured)
		}
	}
	text, err := os.ReadFile(filepath.Join(root, measured, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}
