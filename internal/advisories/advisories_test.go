package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/module"
)

// What is known against a version, and the version that mends all of it.
func TestFind(t *testing.T) {
	t.Parallel()
	known, err := readAdvisories("testdata/osv")
	if err != nil {
		t.Fatal(err)
	}
	const begin, mended = "v0.0.0-20190101000000-abcdefabcdef", "v0.0.0-20201120000000-abcdefabcdef"
	for _, c := range []struct{ path, version, want string }{
		{"example.com/quick", "v0.48.0", "GO-2026-0001 v0.49.1"},
		{"example.com/quick", "v0.49.1", ""},
		{"example.com/quick", "v0.50.0-rc.1", ""},
		{"example.com/quick", "v0.50.0", "GO-2026-0001 v0.59.1"},
		{"example.com/quick", "v0.57.3", "GO-2026-0001 GO-2026-0002 v0.59.1"},
		{"example.com/quick", "v0.59.0", "GO-2026-0001 v0.59.1"},
		{"example.com/quick", "v0.59.1-0.20260101000000-abcdefabcdef", "GO-2026-0001 v0.59.1"},
		{"example.com/quick", "v0.59.1", ""},
		{"example.com/quick/v2", "v2.0.0", ""},
		{"example.com/net", begin, "GO-2026-0001 " + mended},
		{"example.com/net", "v0.51.0", ""},
		{"example.com/old", "v1.4.2", "GO-2026-0002 "},
		{"example.com/fine", "v1.0.0", ""},
	} {
		var got []string
		found := find(known, module.Version{Path: c.path, Version: c.version})
		for _, f := range found {
			got = append(got, f.ID)
		}
		if found != nil {
			got = append(got, mend(found))
		}
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("%s %s has %q, want %q", c.path, c.version, got, c.want)
		}
	}
}

// A version that a higher one would mend fails the run, in whichever go.mod it stands
// and whether it is direct or not; what cannot be mended is told.
func TestRun(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		root, nested string
		well         bool
		says         []string
	}{
		"nothing known": {"require example.com/quick v0.59.1", "", true, []string{
			"compared with 2 advisories"}},
		"no mend": {"require example.com/old v1.0.0", "", true, []string{
			"GO-2026-0002: Nobody maintains this"}},
		"to be raised": {"require example.com/quick v0.59.0 // indirect", "", false, []string{
			"example.com/quick@v0.59.0 has GO-2026-0001, CVE-2026-0001: A trailer fills the memory",
			"go get example.com/quick@v0.59.1"}},
		"to be raised in a nested module": {"", "require example.com/quick v0.59.0", false, []string{
			filepath.Join("nested", "go.mod") + ": example.com/quick@v0.59.0"}},
		"no go.mod": {"require", "", false, []string{"NOT CHECKED"}},
	} {
		root := t.TempDir()
		write(t, filepath.Join(root, "go.mod"), "module example.com/root\n"+c.root+"\n")
		write(t, filepath.Join(root, "nested", "go.mod"), "module example.com/nested\n"+c.nested+"\n")
		write(t, filepath.Join(root, "testdata", "go.mod"), "not for us")
		var out strings.Builder
		if well := run(&out, "testdata/osv", root, true); well != c.well {
			t.Errorf("%s: well is %t", name, well)
		}
		for _, want := range c.says {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: it says %q, want %q", name, out.String(), want)
			}
		}
		if c.well && !strings.Contains(out.String(), "note: go") {
			t.Errorf("%s: it does not tell of the Go in use: %q", name, out.String())
		}
	}
}

// A database that cannot be had is told, and fails a run that is to count.
func TestRunWithoutADatabase(t *testing.T) {
	t.Setenv("GOPROXY", "off")
	for _, strict := range []bool{false, true} {
		var out strings.Builder
		well := run(&out, "", "../..", strict)
		says := "NOT CHECKED, the database is not to be had: "
		if well == strict || !strings.Contains(out.String(), says) {
			t.Errorf("strict %t: well %t, %q", strict, well, out.String())
		}
	}
	var out strings.Builder
	if run(&out, t.TempDir(), "../..", false) ||
		!strings.Contains(out.String(), "holds no advisories") {
		t.Errorf("an empty database: %q", out.String())
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
