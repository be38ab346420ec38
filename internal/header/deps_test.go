package header

import (
	"os/exec"
	"strings"
	"testing"
)

// The package knows neither sessions nor databases: it needs neither the module's root nor GORM.
func TestNeedsNoSession(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	const root = "github.com/seed7368b609/gormsession"
	for path := range strings.FieldsSeq(string(out)) {
		if path == root || strings.Contains(path, "gorm.io/") {
			t.Errorf("it needs %s", path)
		}
	}
}
