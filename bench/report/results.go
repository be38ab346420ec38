// Package report shows what was measured, as a page with tables and plots.
package report

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"time"

	"github.com/seed7368b609/gormsession/bench/database"
	"github.com/seed7368b609/gormsession/bench/measure"
)

// Section names a part of what is measured.
type Section string

// The sections of the page, in their order.
const (
	Untouched   Section = "untouched"
	Requests    Section = "requests"
	Clients     Section = "clients"
	BesideRedis Section = "beside Redis"
	Growth      Section = "growth"
	HotSession  Section = "hot session"
	Traffic     Section = "statements"
	RowUpdates  Section = "row updates"
	Clearing    Section = "clearing"
)

// Who is a contender, and the tree that it is of where several are compared.
type Who struct{ Name, Tree string }

func (w Who) String() string {
	if w.Tree == "" {
		return w.Name
	}
	return w.Name + " (" + w.Tree + ")"
}

// A Result is what was measured of a contender in a cell.
type Result struct {
	Section Section
	Cell    measure.Cell
	Who     Who
	Samples []measure.Sample
	Failure string // why there are no more of them
}

// Results are what was measured in one run, and where.
type Results struct {
	Machine    Machine
	Trees      []Tree
	Places     []Place
	Redis      Place // of no version where there was none
	Contenders []Who
	Rounds     int
	Slice      time.Duration
	Results    []Result
}

// Place is a kind of database as it was measured.
type Place struct {
	Kind     database.Kind
	Version  string
	Settings []string
}

// New returns the empty results of a run that begins, with its databases in dir.
func New(dir string, rounds int, slice time.Duration) *Results {
	return &Results{Machine: lookAtMachine(dir), Rounds: rounds, Slice: slice}
}

// End notes the end of the run.
func (r *Results) End() { r.Machine.Ended, r.Machine.LoadAtEnd = time.Now().UTC(), load() }

// Load reads what [Results.Save] has written.
func Load(path string) (*Results, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &Results{}
	return r, json.Unmarshal(text, r)
}

// Save writes the results to a file.
func (r *Results) Save(path string) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

// cells lists the cells of a section that a condition holds for.
func (r *Results) cells(s Section, keep func(measure.Cell) bool) (cells []measure.Cell) {
	for _, one := range r.Results {
		if one.Section == s && keep(one.Cell) && !slices.Contains(cells, one.Cell) {
			cells = append(cells, one.Cell)
		}
	}
	return cells
}

// of returns the samples of a contender in a cell.
func (r *Results) of(s Section, c measure.Cell, w Who) []measure.Sample {
	return r.result(s, c, w).Samples
}

func (r *Results) result(s Section, c measure.Cell, w Who) Result {
	for _, one := range r.Results {
		if one.Section == s && one.Cell == c && one.Who == w {
			return one
		}
	}
	return Result{}
}

// value is the median of what was measured, NaN where nothing was.
func (r *Results) value(s Section, c measure.Cell, w Who, m measure.Measure) float64 {
	return median(numbers(r.of(s, c, w), m))
}

// ratios are the ratios to another contender, round by round.
func (r *Results) ratios(s Section, c measure.Cell, w, to Who, m measure.Measure) (all []float64) {
	mine, others := numbers(r.of(s, c, w), m), numbers(r.of(s, c, to), m)
	for i := range min(len(mine), len(others)) {
		if others[i] != 0 {
			all = append(all, mine[i]/others[i])
		}
	}
	return all
}

// ratio is the median of the ratios.
func (r *Results) ratio(s Section, c measure.Cell, w, to Who, m measure.Measure) float64 {
	return median(r.ratios(s, c, w, to, m))
}

func numbers(samples []measure.Sample, m measure.Measure) (all []float64) {
	for _, s := range samples {
		if v, ok := s[m]; ok {
			all = append(all, v)
		}
	}
	return all
}

func median(all []float64) float64 { return quantile(all, 0.5) }

// quantile is the number below which that share of them lies, NaN of none.
func quantile(all []float64, share float64) float64 {
	if len(all) == 0 {
		return math.NaN()
	}
	all = slices.Sorted(slices.Values(all))
	at := share * float64(len(all)-1)
	below := int(at)
	above := min(below+1, len(all)-1)
	return all[below] + (at-float64(below))*(all[above]-all[below])
}

// spread is the width of the middle half.
func spread(all []float64) float64 { return quantile(all, 0.75) - quantile(all, 0.25) }
