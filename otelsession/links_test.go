package otelsession_test

import (
	"os/exec"
	"strings"
	"testing"
)

// Whoever uses the package links OpenTelemetry's API, and neither its SDK, nor a framework, nor a
// driver.
func TestLinks(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for path := range strings.Lines(string(out)) {
		for _, unknown := range []string{
			"go.opentelemetry.io/otel/sdk", "go.opentelemetry.io/contrib",
			"github.com/gin-gonic/", "gorm.io/driver/", "gorm.io/plugin/",
		} {
			if strings.HasPrefix(path, unknown) {
				t.Errorf("it links %s", path)
			}
		}
	}
}
