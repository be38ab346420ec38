package echosession_test

import (
	"os/exec"
	"strings"
	"testing"
)

// An application that uses this package links Echo, GORM and this project: no other framework, no
// driver of a database, and nothing that is for tests.
func TestWhatIsLinked(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f",
		"{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	const project = "github.com/seed7368b609/gormsession"
	linked := strings.Fields(string(out))
	for _, path := range linked {
		ours := strings.HasPrefix(path, project) && !strings.Contains(path, "ginsession") &&
			!strings.HasSuffix(path, "test") && !strings.HasSuffix(path, "suite")
		known := false
		for _, module := range []string{
			"github.com/labstack/echo/v5", "gorm.io/gorm", "github.com/jinzhu/", "golang.org/x/",
		} {
			known = known || strings.HasPrefix(path, module)
		}
		if !ours && !known {
			t.Errorf("it links %s", path)
		}
	}
	if len(linked) < 10 {
		t.Errorf("it links %q only", linked)
	}
}
