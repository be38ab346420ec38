package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

// advisory is what we need of an entry of the Go vulnerability database, which is in
// the OSV format: https://ossf.github.io/osv-schema/.
type advisory struct {
	ID        string
	Aliases   []string
	Summary   string
	Withdrawn string
	Affected  []struct {
		Package struct{ Name string } // a module's path, or stdlib
		Ranges  []struct{ Events []event }
	}
}

// event is a version at which modules begin to be affected, or cease to.
type event struct{ Introduced, Fixed string }

// version of the event; "0" stands for one before all others, as "" does for semver.
func (e event) version() string {
	if e.Introduced == "0" {
		return ""
	}
	return "v" + e.Introduced + e.Fixed
}

// readAdvisories reads a directory with a file for each.
func readAdvisories(dir string) (all []advisory, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var a advisory
		if err := json.Unmarshal(text, &a); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if a.Withdrawn == "" {
			all = append(all, a)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s holds no advisories", dir)
	}
	return all, nil
}

// affects reports whether a version of a module is affected, and the lowest version
// above it that is not; empty where there is none.
func (a advisory) affects(module, version string) (fixed string, affected bool) {
	for _, p := range a.Affected {
		if p.Package.Name != module {
			continue
		}
		for _, r := range p.Ranges {
			f, is := affectedBy(r.Events, version)
			if is {
				fixed, affected = higher(fixed, f), true
			}
		}
	}
	return fixed, affected
}

func affectedBy(events []event, version string) (fixed string, affected bool) {
	events = slices.SortedStableFunc(slices.Values(events), func(a, b event) int {
		return semver.Compare(a.version(), b.version())
	})
	for _, e := range events {
		if semver.Compare(version, e.version()) >= 0 {
			affected = e.Fixed == ""
		} else if affected && e.Fixed != "" {
			return e.version(), true
		}
	}
	return "", affected
}

func higher(a, b string) string {
	if semver.Compare(a, b) > 0 {
		return a
	}
	return b
}

// names are what else an advisory is called, for whoever searches for it.
func (a advisory) names() string {
	return strings.Join(append([]string{a.ID}, a.Aliases...), ", ")
}
