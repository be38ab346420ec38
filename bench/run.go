package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"github.com/seed7368b609/gormsession/bench/contender"
	"github.com/seed7368b609/gormsession/bench/database"
	"github.com/seed7368b609/gormsession/bench/measure"
	"github.com/seed7368b609/gormsession/bench/report"
)

// A participant is a contender, and the program that has it.
type participant struct {
	contender.Contender
	who     report.Who
	program string
}

// participants are those of the command's settings, with gormsession once for each tree.
func participants(s settings, dir string) (all []participant, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	programs := map[string]string{}
	for _, t := range s.trees {
		if programs[t.name], err = t.build(dir); err != nil {
			return nil, err
		}
	}
	for _, c := range slices.Concat(contender.All, contender.AllOnRedis) {
		trees := s.trees
		switch {
		case c.Role == contender.Bare, c.Name == contender.FloorName:
			trees = nil // They are what others are compared with.
		case !s.contenders.matches(c.Name):
			continue
		case c.Role != contender.Ours && s.contenders.Regexp == nil && len(trees) > 0:
			continue // Trees are compared with each other.
		case c.Role != contender.Ours:
			trees = nil
		}
		if len(trees) == 0 {
			all = append(all, participant{c, report.Who{Name: c.Name}, self})
		}
		for _, t := range trees {
			who := report.Who{Name: c.Name, Tree: t.name}
			all = append(all, participant{c, who, programs[t.name]})
		}
	}
	return all, nil
}

// runner measures on one kind of database.
type runner struct {
	settings
	results   *report.Results
	all       []participant
	place     database.Place
	redis     database.Place        // nil but where contenders on it take part
	databases map[report.Who]string // their data source names, by whom they are of
	made      []func() error        // drop the databases
	serial    int
}

// measureAll returns what was measured until an error.
func measureAll(ctx context.Context, s settings) (results *report.Results, err error) {
	dir, err := os.MkdirTemp(s.dir, "bench")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	// Servers run under accounts of their own.
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, err
	}
	results = report.New(dir, s.rounds, s.slice)
	all, err := participants(s, dir)
	if err != nil {
		return nil, err
	}
	for _, t := range s.trees {
		results.Trees = append(results.Trees, report.LookAtTree(t.name, t.dir))
	}
	if len(s.trees) == 0 {
		results.Trees = []report.Tree{report.LookAtTree("", ".")}
	}
	for _, p := range all {
		results.Contenders = append(results.Contenders, p.who)
	}
	for _, k := range s.databases.all() {
		if err := measureOn(ctx, k, runner{settings: s, results: results, all: all}, dir); err != nil {
			return results, err
		}
	}
	results.End()
	return results, nil
}

func measureOn(ctx context.Context, k database.Kind, r runner, dir string) (err error) {
	if r.place, err = database.NewPlace(k, dir); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.place.Close()) }()
	version, err := r.place.Version()
	if err != nil {
		return err
	}
	r.results.Places = append(r.results.Places, report.Place{
		Kind: k, Version: version, Settings: r.place.Settings(),
	})
	for _, sec := range sections {
		cells := slices.DeleteFunc(sec.cells(k, r.settings), func(c measure.Cell) bool {
			return !r.only.matches(string(sec.name) + ": " + c.String())
		})
		if sec.name == report.BesideRedis && len(cells) > 0 {
			err = r.withRedis(ctx, sec, cells, dir)
		} else {
			err = r.section(ctx, sec, cells)
		}
		if err != nil {
			return errors.Join(err, r.drop())
		}
	}
	return nil
}

// section measures cells. Those of one table that follow each other share it.
func (r *runner) section(ctx context.Context, sec section, cells []measure.Cell) error {
	for i, c := range cells {
		if err := r.cell(ctx, sec, c); err != nil {
			return err
		}
		if i+1 == len(cells) || cells[i+1].Rows != c.Rows || cells[i+1].Size != c.Size {
			if err := r.drop(); err != nil {
				return err
			}
		}
	}
	return nil
}

// cell gives each participant its turn, round by round, each time in another order, so that what
// else the machine does falls on all of them.
func (r *runner) cell(ctx context.Context, sec section, c measure.Cell) error {
	var turns []*turn
	defer func() {
		for _, t := range turns {
			if err := t.end(); err != nil {
				fmt.Fprintln(os.Stderr, "bench:", err)
			}
		}
	}()
	fmt.Fprintf(os.Stderr, "%s  %s: %s\n", time.Now().Format(time.TimeOnly), sec.name, c)
	for _, p := range r.all {
		if !sec.among(p.Contender, c) || p.Role == contender.OnRedis && r.redis == nil {
			continue
		}
		dsn, err := r.database(p)
		if err != nil {
			return err
		}
		t := &turn{result: report.Result{Section: sec.name, Cell: c, Who: p.who}}
		t.worker, err = startWorker(p.program, measure.Job{
			Cell: c, Contender: p.Name, DSN: dsn, Slice: time.Duration(sec.slices) * r.slice,
		})
		t.note(err)
		turns = append(turns, t)
	}
	rounds := r.rounds
	if sec.rounds > 0 {
		rounds = sec.rounds
	}
	for range rounds {
		for _, i := range rand.Perm(len(turns)) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			turns[i].take()
		}
	}
	for _, t := range turns {
		r.results.Results = append(r.results.Results, t.result)
	}
	return nil
}

// turn is where a participant stands in a cell. One that fails is out of this cell, and the page
// says so.
type turn struct {
	worker *worker
	result report.Result
}

func (t *turn) note(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		t.result.Failure = err.Error()
	}
}

func (t *turn) take() {
	if t.result.Failure != "" {
		return
	}
	sample, err := t.worker.slice()
	if t.note(err); err == nil {
		t.result.Samples = append(t.result.Samples, sample)
	}
}

func (t *turn) end() error {
	if t.worker == nil {
		return nil
	}
	if err := t.worker.close(); err != nil && t.result.Failure == "" {
		return err
	}
	return nil
}

// database returns the data source name of the participant's database, which it makes.
func (r *runner) database(p participant) (string, error) {
	if dsn := r.databases[p.who]; dsn != "" {
		return dsn, nil
	}
	if r.databases == nil {
		r.databases = map[report.Who]string{}
	}
	r.serial++
	name := fmt.Sprintf("sessions_%d", r.serial)
	place := r.place
	if p.Role == contender.OnRedis {
		place = r.redis
	}
	dsn, err := place.Create(name)
	r.made = append(r.made, func() error { return place.Drop(name) })
	r.databases[p.who] = dsn
	return dsn, err
}

// drop drops the databases.
func (r *runner) drop() error {
	var errs []error
	for _, drop := range r.made {
		errs = append(errs, drop())
	}
	r.made, r.databases = nil, nil
	return errors.Join(errs...)
}
