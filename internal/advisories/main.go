// Command advisories says which versions that our go.mod files ask for have known
// advisories: they are the lowest that whoever uses this module is given.
//
//	go run . [-db DIR] [ROOT]
//
// It reads each go.mod below ROOT (the repository by default), direct and indirect
// requirements alike, and compares them with the Go vulnerability database. That is
// published as the module golang.org/x/vulndb too, so that no more than a module
// proxy is needed; its newest version is asked for at each run. An advisory without a
// fixed version is told, as are those of the Go in use; one that a higher version
// would mend ends with status 1, and the command that raises it. So does, with
// CI=true, a database that cannot be had.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

func main() {
	db := flag.String("db", "", "directory with the advisories (default: golang.org/x/vulndb)")
	flag.Parse()
	root := "../.."
	if flag.NArg() > 0 {
		root = flag.Arg(0)
	}
	if !run(os.Stdout, *db, root, os.Getenv("CI") == "true") {
		os.Exit(1)
	}
}

// run reports whether nothing is known against what is below root. strict is for runs
// that are to count: what cannot be checked is not well then.
func run(out io.Writer, db, root string, strict bool) bool {
	if db == "" {
		var err error
		if db, err = newest(); err != nil {
			fmt.Fprintf(out, "advisories: NOT CHECKED, the database is not to be had: %v\n", err)
			return !strict
		}
	}
	known, err := readAdvisories(db)
	if err != nil {
		fmt.Fprintf(out, "advisories: NOT CHECKED: %v\n", err)
		return false
	}
	files, err := goMods(root)
	if err != nil {
		fmt.Fprintf(out, "advisories: NOT CHECKED: %v\n", err)
		return false
	}
	well := true
	for _, file := range files {
		requires, err := requirements(file)
		if err != nil {
			fmt.Fprintf(out, "advisories: NOT CHECKED: %v\n", err)
			return false
		}
		for _, m := range requires {
			well = report(out, file, m, find(known, m)) && well
		}
	}
	if found := find(known, theGoInUse()); len(found) > 0 {
		fmt.Fprintf(out, "note: %s itself has %d advisories; %s has none of them\n",
			runtime.Version(), len(found), mend(found))
	}
	fmt.Fprintf(out, "advisories: %d files compared with %d advisories\n", len(files), len(known))
	return well
}

// report tells what a requirement of a file has, and whether no version mends it.
func report(out io.Writer, file string, m module.Version, found []finding) bool {
	for _, f := range found {
		fmt.Fprintf(out, "%s: %s has %s: %s\n", file, m, f.names(), f.Summary)
	}
	fixed := mend(found)
	if fixed != "" {
		fmt.Fprintf(out, "%s: mend it with: go get %s@%s\n", file, m.Path, fixed)
	}
	return fixed == ""
}

// finding is an advisory that a version has.
type finding struct {
	advisory
	fixed string // the lowest version that has not; empty where there is none
}

func find(known []advisory, m module.Version) (found []finding) {
	for _, a := range known {
		if fixed, affected := a.affects(m.Path, m.Version); affected {
			found = append(found, finding{a, fixed})
		}
	}
	return found
}

// mend is the version that has none of what was found, as far as it can be mended.
func mend(found []finding) (fixed string) {
	for _, f := range found {
		fixed = higher(fixed, f.fixed)
	}
	return fixed
}

func theGoInUse() module.Version {
	version, _, _ := strings.Cut(strings.TrimPrefix(runtime.Version(), "go"), " ")
	return module.Version{Path: "stdlib", Version: "v" + version}
}

// goMods lists the go.mod files below root.
func goMods(root string) (files []string, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == ".git"):
			return fs.SkipDir
		case d.Name() == "go.mod":
			files = append(files, path)
		}
		return nil
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("no go.mod below %s", root)
	}
	return files, err
}

func requirements(file string) (all []module.Version, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	mod, err := modfile.Parse(file, text, nil)
	if err != nil {
		return nil, err
	}
	for _, r := range mod.Require {
		all = append(all, r.Mod)
	}
	return all, nil
}

// newest fetches the database as it is now.
func newest() (dir string, err error) {
	out, err := exec.Command("go", "mod", "download", "-json", "golang.org/x/vulndb@latest").
		Output()
	var got struct{ Dir, Error string }
	if json.Unmarshal(out, &got) == nil && got.Error != "" {
		return "", errors.New(got.Error)
	}
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return "", fmt.Errorf("%w: %s", err, failed.Stderr)
	}
	return filepath.Join(got.Dir, "data", "osv"), err
}
