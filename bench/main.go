// Command bench measures gormsession beside what a database costs at least and beside other session
// libraries, and writes what it has found into docs/performance.md:
//
//	go run .
//
// To see what a change has gained, give it the tree before and the tree with the change. Both are
// built, and measured in turn, in one run:
//
//	go run . -tree before=../../main -tree after=.. -only requests.*create -rounds 30
//
// Databases are kept on the disk of the temporary folder meanwhile; -dir chooses another one.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed7368b609/gormsession/bench/database"
	"github.com/seed7368b609/gormsession/bench/report"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == workerArg {
		os.Exit(work(os.Args[2:]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// settings are what the command is told.
type settings struct {
	out, save, render string
	dir               string
	only, contenders  pattern
	databases         kinds
	rows              numbers
	rounds            int
	slice             time.Duration
	trees             trees
}

func run(ctx context.Context, args []string) error {
	s := settings{rows: numbers{1_000, 1_000_000}}
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	flags.StringVar(&s.out, "o", "", "the `file` to write, with its plots in a folder beside it; "+
		"by default the page of the project for a whole run, and else none, but the tables shown")
	flags.StringVar(&s.save, "save", "", "keep all samples in a `file`, if it fails what there is")
	flags.StringVar(&s.render, "render", "", "measure nothing, show what is kept in a `file`")
	flags.StringVar(&s.dir, "dir", "", "where databases are kept meanwhile: a `folder` on the disk")
	flags.Var(&s.only, "only", "measure only what a `pattern` matches of lines like "+
		"\"requests: in process, sqlite, 1000 rows of 200B: create\"; they begin with one of: "+
		strings.Join(sectionNames(), ", "))
	flags.Var(&s.contenders, "contenders", "measure only those whose name a `pattern` matches, "+
		"and the floor")
	flags.Var(&s.databases, "databases", "measure on these, with `commas` between them")
	flags.Var(&s.rows, "rows", "the `sizes` of the tables that show how costs grow")
	flags.IntVar(&s.rounds, "rounds", 7, "how many `times` each contender has its turn in a cell")
	flags.DurationVar(&s.slice, "slice", 100*time.Millisecond, "how `long` a turn takes, about")
	flags.Var(&s.trees, "tree", "`name=folder` of a source of gormsession; several are compared")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var results *report.Results
	var err error
	if s.render != "" {
		results, err = report.Load(s.render)
	} else {
		results, err = measureAll(ctx, s)
	}
	if s.save != "" && results != nil {
		err = errors.Join(err, results.Save(s.save))
	}
	if err != nil {
		return err
	}
	if s.out == "" && isWhole(flags) {
		s.out = "../docs/performance.md"
	}
	if s.out == "" {
		return report.Print(results, os.Stdout)
	}
	return report.Write(results, s.out)
}

// isWhole tells whether the command was told nothing that changes what is measured. What is
// measured otherwise does not replace the page of the project.
func isWhole(flags *flag.FlagSet) bool {
	whole := true
	flags.Visit(func(f *flag.Flag) {
		whole = whole && slices.Contains([]string{"dir", "save", "render"}, f.Name)
	})
	return whole
}

// pattern is a flag that matches everything until it is set.
type pattern struct{ *regexp.Regexp }

func (p *pattern) String() string { return "" }

func (p *pattern) Set(text string) (err error) {
	p.Regexp, err = regexp.Compile(text)
	return err
}

func (p pattern) matches(text string) bool { return p.Regexp == nil || p.MatchString(text) }

// kinds is a flag that stands for all databases until it is set.
type kinds []database.Kind

func (k *kinds) String() string { return "" }

func (k *kinds) Set(text string) error {
	for name := range strings.SplitSeq(text, ",") {
		if !slices.Contains(database.Kinds, database.Kind(name)) {
			return errors.New("there are " + fmt.Sprint(database.Kinds))
		}
		*k = append(*k, database.Kind(name))
	}
	return nil
}

func (k kinds) all() []database.Kind {
	if len(k) == 0 {
		return database.Kinds
	}
	return k
}

type numbers []int

func (n *numbers) String() string { return "" }

func (n *numbers) Set(text string) error {
	*n = nil
	for one := range strings.SplitSeq(text, ",") {
		i, err := strconv.Atoi(one)
		if err != nil {
			return err
		}
		*n = append(*n, i)
	}
	return nil
}
