package main

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession/bench/contender"
	"github.com/seed7368b609/gormsession/bench/database"
	"github.com/seed7368b609/gormsession/bench/measure"
)

// The workers of a run are this program, which is the test here.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == workerArg {
		os.Exit(work(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// A run measures every section and writes a page without a gap, with plots that can be shown.
func TestRun(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	saved := filepath.Join(t.TempDir(), "all.json")
	err := run(context.Background(), []string{
		"-databases", "sqlite", "-contenders", "^(gormsession|gin-contrib)$", "-rounds", "2",
		"-slice", "1ms", "-rows", "100,200", "-dir", t.TempDir(), "-o", page, "-save", saved,
	})
	if err != nil {
		t.Fatal(err)
	}
	text := read(t, page)
	for _, title := range []string{
		"A page that does not touch its session", "One request at a time",
		"Beside the quickest other library", "Many clients at once", "As the table grows",
		"One hot session", "Clearing expired rows", "What a request sends", "How it is measured",
	} {
		if !strings.Contains(text, "\n## "+title+"\n") {
			t.Errorf("nothing of: %s", title)
		}
	}
	for _, wrong := range []string{"NaN", "Inf", "%!", "failed"} {
		if strings.Contains(text, wrong) {
			t.Errorf("the page says %s:\n%s", wrong, text)
		}
	}
	for _, plot := range []string{"requests-sqlite.svg", "clients-sqlite.svg"} {
		wellFormed(t, filepath.Join(filepath.Dir(page), "page", plot))
	}
	again := filepath.Join(t.TempDir(), "page.md")
	if err := run(context.Background(), []string{"-render", saved, "-o", again}); err != nil {
		t.Fatal(err)
	}
	if read(t, again) != text {
		t.Error("what was kept shows another page")
	}
}

// Redis is measured in its own section alone, beside what keeps its sessions in PostgreSQL.
func TestBesideRedis(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	err := run(context.Background(), []string{
		"-databases", "postgres", "-only", "^(beside Redis|statements)", "-rounds", "2",
		"-slice", "1ms", "-o", page,
	})
	if errors.Is(err, database.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	text := read(t, page)
	if strings.Contains(text, "Redis was not there") && os.Getenv("CI") != "true" {
		t.Skip("no Redis is installed")
	}
	head := "|  | untouched | create | read | read + write |"
	others, own, _ := strings.Cut(text, head)
	own, others2, _ := strings.Cut(own, "\n\n")
	for _, name := range []string{
		contender.FloorName, contender.OwnDefault, contender.OwnTuned, contender.SCSOnSQL,
		"gin-contrib on Redis", "scs on Redis",
	} {
		if !strings.Contains(own, "\n| "+name+" | ") {
			t.Errorf("%s has no part", name)
		}
	}
	if !strings.Contains(others2, "## What a request sends") ||
		strings.Contains(others+others2, " on Redis |") {
		t.Error("another section is not there, or has Redis")
	}
	for _, wrong := range []string{"NaN", "failed", "|  |\n"} {
		if strings.Contains(own, wrong) {
			t.Errorf("the table says %s:\n%s", wrong, own)
		}
	}
}

// Two trees are built and compared with each other.
func TestTrees(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	err := run(context.Background(), []string{
		"-tree", "before=..", "-tree", "after=..", "-databases", "sqlite", "-only", "^untouched",
		"-rounds", "2", "-slice", "1ms", "-dir", t.TempDir(), "-o", page,
	})
	if err != nil {
		t.Fatal(err)
	}
	text := read(t, page)
	for _, part := range []string{
		"## before, then after\n", "| gormsession (before) |", "| gormsession, tuned (after) |",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("the page lacks %q:\n%s", part, text)
		}
	}
}

// Each section has cells on some database, somebody takes part in each, and none is there twice.
func TestPlan(t *testing.T) {
	for _, sec := range sections {
		seen := map[measure.Cell]bool{}
		for _, k := range database.Kinds {
			for _, c := range sec.cells(k, settings{rows: numbers{1_000, 1_000_000}}) {
				if seen[c] {
					t.Errorf("%s, %s: twice", sec.name, c)
				}
				seen[c] = true
				ours := 0
				for _, one := range contender.All {
					if one.Role == contender.Ours && sec.among(one, c) {
						ours++
					}
				}
				if ours == 0 {
					t.Errorf("%s, %s: gormsession does not take part", sec.name, c)
				}
			}
		}
		if len(seen) == 0 {
			t.Errorf("%s: no cells", sec.name)
		}
	}
}

// What a table is added to comes after all that is measured on it as it was.
func TestGrowthCreatesLast(t *testing.T) {
	created := map[int]bool{}
	for _, c := range growth(database.SQLite, settings{rows: numbers{1_000, 1_000_000}}) {
		if created[c.Rows] {
			t.Errorf("%s: on a table that has grown", c)
		}
		created[c.Rows] = c.Work.Creates()
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func wellFormed(t *testing.T, path string) {
	t.Helper()
	tokens := xml.NewDecoder(strings.NewReader(read(t, path)))
	for {
		_, err := tokens.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return
		}
	}
}
