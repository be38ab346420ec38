// Command planted plants faults in copies of the library's source, one after the other, and tells
// which the cases of package faults find:
//
//	go run ./planted
//
// Nothing of the tree is changed: the compiler is given the copies (-overlay). That a fault is not
// found, or cannot be planted any more, as its place has changed, is an error.
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/seed7368b609/gormsession/internal/faults/report"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	only := flag.String("only", "", "plant those alone whose name matches a `pattern`")
	found := flag.String("case", "", "have another `case` find them")
	page := flag.String("report", "", "write what was found into a `file`")
	flag.Parse()
	if err := run(ctx, *only, *found, *page); err != nil {
		fmt.Fprintln(os.Stderr, "planted:", err)
		os.Exit(1)
	}
}

// A finding is what became of one bug.
type finding struct {
	bug
	said string // by the case that has found it; "" if none has
	took time.Duration
}

func run(ctx context.Context, only, found, page string) error {
	pattern, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "gormsession-planted-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var findings []finding
	var missed []error
	for _, b := range bugs {
		if !pattern.MatchString(b.name) {
			continue
		}
		b.found = cmp.Or(found, b.found)
		f, err := try(ctx, root, dir, b)
		if err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
		verdict := "found by " + b.found + ": " + f.said
		if f.said == "" {
			verdict = "NOT FOUND by " + b.found
			missed = append(missed, errors.New(b.name+": not found by "+b.found))
		}
		fmt.Printf("%-40s %6.1fs  %s\n", b.name, f.took.Seconds(), verdict)
		findings = append(findings, f)
	}
	fmt.Printf("%d of %d were found\n", len(findings)-len(missed), len(findings))
	if page != "" {
		missed = append(missed, report.Put(page, report.Title, "internal/faults/planted", text(findings)))
	}
	return errors.Join(missed...)
}

// try plants a bug and runs the case that is to find it.
func try(ctx context.Context, root, dir string, b bug) (finding, error) {
	overlay, err := lay(root, dir, b)
	if err != nil {
		return finding{}, err
	}
	binary := filepath.Join(dir, "faults.test")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-overlay", overlay, "-o", binary, ".")
	if out, err := build.CombinedOutput(); err != nil {
		return finding{}, fmt.Errorf("it does not compile: %w\n%s", err, out)
	}
	began := time.Now()
	name, kind, _ := strings.Cut(b.found, "/")
	test := exec.CommandContext(ctx, binary, "-test.run", "^TestFaults$/^"+name+"$/^"+kind+"$",
		"-form", "short", "-test.timeout", "3m")
	out, err := test.CombinedOutput()
	f := finding{bug: b, took: time.Since(began)}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return f, err
	}
	if err != nil {
		f.said = firstComplaint(out)
	}
	return f, ctx.Err()
}

// lay plants a bug in a copy, and returns the file that tells the compiler of it.
func lay(root, dir string, b bug) (overlay string, err error) {
	source := filepath.Join(root, filepath.FromSlash(b.file))
	planted, err := plant(source, b.edits)
	if err != nil {
		return "", err
	}
	copied := filepath.Join(dir, filepath.Base(b.file))
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {source: copied}})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, errors.Join(os.WriteFile(copied, planted, 0o644),
		os.WriteFile(overlay, replace, 0o644))
}

// plant returns a source with a fault in it.
func plant(path string, edits []edit) ([]byte, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for _, e := range edits {
		if n := bytes.Count(source, []byte(e.old)); n != 1 {
			return nil, fmt.Errorf("%s: it has changed: there are %d of\n%s", path, n, e.old)
		}
		source = bytes.Replace(source, []byte(e.old), []byte(e.new), 1)
	}
	return source, nil
}

var complaint = regexp.MustCompile(`(?m)^\s+\w+_test\.go:\d+: (.*)$`)

// firstComplaint is the first thing that a test has said, "" if it has failed without a word, as by
// a panic: that has found nothing.
func firstComplaint(out []byte) string {
	for _, m := range complaint.FindAllSubmatch(out, -1) {
		if text := string(m[1]); !strings.HasPrefix(text, "-seed") {
			return text
		}
	}
	return ""
}

// text is the part of the page.
func text(findings []finding) string {
	var b strings.Builder
	b.WriteString("Made by `make planted`. Faults that are planted in the library's source, one after the " +
		"other, and the case that has found each, with the first thing that it has said.\n\n" +
		"| fault | what it is | where | found by | what it said | after |\n|---|---|---|---|---|---:|\n")
	for _, f := range findings {
		said := strings.ReplaceAll(f.said, "|", "\\|")
		if said == "" {
			said = "**nothing: it was not found**"
		}
		fmt.Fprintf(&b, "| %s | %s | `%s` | %s | %s | %.1f s |\n", f.name, f.what, f.file, f.found, said,
			f.took.Seconds())
	}
	return b.String()
}
