package report

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Machine is what a run was made on, and when.
type Machine struct {
	CPU, Memory, System, Disk string
	CPUs                      int
	Go                        string
	Modules                   []string
	Began, Ended              time.Time
	LoadAtBegin, LoadAtEnd    string
}

// measuredModules are those whose versions matter.
var measuredModules = []string{
	"github.com/gin-gonic/gin", "gorm.io/gorm", "github.com/mattn/go-sqlite3",
	"github.com/jackc/pgx/v5", "github.com/go-sql-driver/mysql", "github.com/gin-contrib/sessions",
	"github.com/gorilla/sessions", "github.com/wader/gormstore/v2", "github.com/alexedwards/scs/v2",
	"github.com/alexedwards/scs/gormstore", "github.com/alexedwards/scs/goredisstore",
	"github.com/redis/go-redis/v9", "github.com/boj/redistore", "github.com/gomodule/redigo",
}

func lookAtMachine(dir string) Machine {
	m := Machine{
		CPU:         field("/proc/cpuinfo", "model name"),
		CPUs:        runtime.NumCPU(),
		Memory:      gibibytes(field("/proc/meminfo", "MemTotal")),
		System:      runtime.GOOS + "/" + runtime.GOARCH,
		Disk:        lastLine(said("df", "--output=fstype", dir)),
		Go:          runtime.Version(),
		Began:       time.Now().UTC(),
		LoadAtBegin: load(),
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if slices.Contains(measuredModules, dep.Path) {
				m.Modules = append(m.Modules, dep.Path+" "+dep.Version)
			}
		}
	}
	return m
}

// A Tree is a source of gormsession.
type Tree struct{ Name, Commit string }

// LookAtTree finds out which commit a folder is of.
func LookAtTree(name, dir string) Tree {
	return Tree{name, said("git", "-C", dir, "describe", "--always", "--dirty")}
}

// field returns what a file of lines like "name : value" says, nothing where there is none.
func field(path, name string) string {
	text, _ := os.ReadFile(path)
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// gibibytes shows a number of kB, which it is given with the unit behind it.
func gibibytes(kB string) string {
	n, _, _ := strings.Cut(kB, " ")
	v, _ := strconv.ParseFloat(n, 64)
	return fmt.Sprintf("%.0f GiB", v/(1<<20))
}

// load is how many processes have run or waited on average: of the last minute, 5 and 15.
func load() string {
	text, _ := os.ReadFile("/proc/loadavg")
	one, rest, _ := strings.Cut(string(text), " ")
	five, rest, _ := strings.Cut(rest, " ")
	fifteen, _, _ := strings.Cut(rest, " ")
	return strings.TrimSpace(one + " " + five + " " + fifteen)
}

// said is what a program says, nothing where it fails.
func said(name string, args ...string) string {
	out, _ := exec.Command(name, args...).Output()
	return strings.TrimSpace(string(out))
}

func lastLine(s string) string { return s[strings.LastIndexByte(s, '\n')+1:] }
