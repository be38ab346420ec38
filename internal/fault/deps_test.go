package fault

import (
	"os/exec"
	"strings"
	"testing"
)

// The package knows neither sessions nor HTTP nor a driver: of this module it needs nothing else.
func TestNeedsNoSession(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	const root = "github.com/seed7368b609/gormsession"
	for path := range strings.FieldsSeq(string(out)) {
		above := strings.HasPrefix(path, root) && path != root+"/internal/fault"
		if above || path == "net/http" || strings.HasPrefix(path, "gorm.io/driver/") {
			t.Errorf("it needs %s", path)
		}
	}
}
