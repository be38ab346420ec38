package comparison

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// What an application links for its sessions are as many modules as the page says.
func TestModulesThatAreLinked(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]int{
		"github.com/alexedwards/scs/v2":                   1,
		"github.com/alexedwards/scs/gormstore":            5,
		"github.com/gin-contrib/sessions":                 23,
		"github.com/gin-contrib/sessions/gorm":            27,
		"github.com/gorilla/sessions":                     2,
		"github.com/seed7368b609/gormsession/ginsession":  23,
		"github.com/seed7368b609/gormsession/httpsession": 7,
		"github.com/gin-gonic/gin":                        19,
		"gorm.io/gorm":                                    4,
	} {
		list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", path)
		out, err := list.Output()
		if err != nil {
			t.Fatal(err)
		}
		modules := strings.Fields(string(out))
		slices.Sort(modules)
		if got := len(slices.Compact(modules)); got != want {
			t.Errorf("%s links %d modules, and the page says %d", path, got, want)
		}
	}
}
