package faults

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/faults/report"
)

// A faultCase is something that fails, and what has to hold all the same.
type faultCase struct {
	name  string
	kinds []dbtest.Kind
	run   func(tr *trial)
	rule  string // for the page
}

var (
	everywhere = dbtest.Kinds
	servers    = []dbtest.Kind{dbtest.Postgres, dbtest.MariaDB}
	sqliteOnly = []dbtest.Kind{dbtest.SQLite}
)

// TestFaults runs the cases. In the short form the nodes of a case are of all settings of GORM; in
// the long one each setting has its turn, and then all together.
func TestFaults(t *testing.T) {
	if *form != "short" && *form != "long" {
		t.Skip("runs with -form short, as by make faults, or -form long")
	}
	if *seed == 0 {
		*seed = rand.Uint64() >> 11 // so that it is a number everywhere
	}
	t.Logf("-seed %d", *seed)
	run := report.Run{
		Form: *form, When: time.Now(), Seed: *seed, Machine: machine(), Revision: revision(),
		Command:  map[string]string{"short": "make faults", "long": "make faults-long"}[*form],
		Versions: versions(t),
	}
	var mu sync.Mutex
	order := map[string]int{}
	note := func(row report.Row) {
		mu.Lock()
		defer mu.Unlock()
		run.Rows = append(run.Rows, row)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for _, kind := range c.kinds {
				for _, configs := range settingsOf() {
					tr := &trial{kind: kind, configs: configs, seed: *seed}
					order[c.name+"/"+tr.name()] = len(order)
					t.Run(tr.name(), func(t *testing.T) {
						t.Parallel()
						tr.T, tr.began = t, time.Now()
						defer func() { note(tr.row(c)) }()
						c.run(tr)
					})
				}
			}
		})
		run.Took = time.Since(run.When)
		slices.SortStableFunc(run.Rows, func(a, b report.Row) int {
			return cmp.Compare(order[a.Case+"/"+a.Name], order[b.Case+"/"+b.Name])
		})
		if *page != "" { // so that what was found is there if the rest is cut short
			if err := report.Put(*page, report.Title, "internal/faults", run.Text()); err != nil {
				t.Error(err)
			}
		}
	}
	fmt.Println(run.Sum())
}

// settingsOf are the settings of GORM that the nodes of a trial have.
func settingsOf() [][]dbtest.Config {
	all := [][]dbtest.Config{dbtest.Configs}
	if *form == "long" {
		for _, c := range dbtest.Configs {
			all = append(all, []dbtest.Config{c})
		}
	}
	return all
}

func machine() string {
	model := runtime.GOARCH
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			model = strings.TrimSpace(value)
			break
		}
	}
	return strings.Join([]string{model, fmt.Sprintf("%d CPUs", runtime.NumCPU()), runtime.GOOS + "/" +
		runtime.GOARCH}, ", ")
}

// revision is the commit that is tested, as far as git tells.
func revision() string {
	out, err := exec.Command("git", "describe", "--always", "--dirty", "--abbrev=7").Output()
	if err != nil {
		return "not known"
	}
	return strings.TrimSpace(string(out))
}

// versions are those of the databases and of what is between.
func versions(t *testing.T) (all []string) {
	for kind, query := range map[dbtest.Kind]string{
		dbtest.SQLite: "SELECT sqlite_version()", dbtest.Postgres: "SHOW server_version",
		dbtest.MariaDB: "SELECT VERSION()",
	} {
		t.Run("version of "+string(kind), func(t *testing.T) {
			var version string
			if err := dbtest.New(t, kind).Open(t).Raw(query).Scan(&version).Error; err != nil {
				t.Fatal(err)
			}
			all = append(all, "**"+string(kind)+"**: "+version)
		})
	}
	slices.Sort(all)
	list := exec.Command("go", "list", "-m", "gorm.io/gorm", "github.com/gin-gonic/gin",
		"github.com/jackc/pgx/v5", "github.com/go-sql-driver/mysql", "github.com/mattn/go-sqlite3",
		"github.com/anishathalye/porcupine")
	modules, err := list.Output()
	if err != nil {
		t.Error(err)
	}
	lines := strings.Split(strings.TrimSpace(string(modules)), "\n")
	return append(all, "**versions**: "+runtime.Version()+", "+strings.Join(lines, ", "))
}
