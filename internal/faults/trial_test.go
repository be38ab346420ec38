package faults

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/faults/application"
	"github.com/seed7368b609/gormsession/internal/faults/report"
)

// A trial is one case on one kind of database, with one gorm.Config, or with nodes of all four.
type trial struct {
	*testing.T
	kind    dbtest.Kind
	configs []dbtest.Config
	seed    uint64
	began   time.Time

	requests, done, unavailable, unknown, gone atomic.Int64
	faults, checked, violated                  atomic.Int64

	recovery slowest
	note     string
}

// name is that of the database, and of the setting of GORM where there is one.
func (tr *trial) name() string {
	if len(tr.configs) == 1 {
		return string(tr.kind) + "/" + tr.configs[0].Name
	}
	return string(tr.kind)
}

// A slowest is the longest of some durations.
type slowest struct{ ns atomic.Int64 }

func (s *slowest) note(d time.Duration) {
	for {
		had := s.ns.Load()
		if int64(d) <= had || s.ns.CompareAndSwap(had, int64(d)) {
			return
		}
	}
}

// size is how much of something is done: in the long form so much by the nodes of all settings of
// GORM, and twice as much as in the short form by those of one.
func (tr *trial) size(short, long int) int {
	switch {
	case *form == "short":
		return short
	case len(tr.configs) == 1:
		return min(2*short, long)
	}
	return long
}

// chance is a source of chance of its own for each who needs one, in whatever order they ask.
func (tr *trial) chance(number int) *rand.Rand {
	return rand.New(rand.NewPCG(tr.seed, uint64(number)))
}

// settings are those of an application on a database, unless a case says otherwise.
func settings(d *dbtest.DB) application.Settings {
	return application.Settings{
		Kind: string(d.Kind()), DSN: busy(d.DSN(), 1500), Conns: 12, Timeout: 2 * time.Second,
	}
}

// busy is a DSN of dbtest's with another busy timeout, in milliseconds, if it is SQLite's: one that
// is shorter than the time of a save.
func busy(dsn string, ms int) string {
	return strings.Replace(dsn, "_busy_timeout=5000", fmt.Sprint("_busy_timeout=", ms), 1)
}

// nodes starts a node for each gorm.Config of the trial, or three of the one that there is.
func (tr *trial) nodes(s application.Settings) (all []*node) {
	for _, c := range tr.fleet() {
		all = append(all, startNode(tr, c, s))
	}
	return all
}

// fleet is what the nodes of a trial have for a setting of GORM each.
func (tr *trial) fleet() []dbtest.Config {
	if len(tr.configs) == 1 {
		return slices.Repeat(tr.configs, 3)
	}
	return tr.configs
}

// count counts what a client was told.
func (tr *trial) count(what string, got reply) {
	tr.requests.Add(1)
	switch got.Outcome {
	case application.Done:
		tr.done.Add(1)
	case application.Unavailable:
		tr.unavailable.Add(1)
	case application.Unknown:
		tr.unknown.Add(1)
	case application.Gone:
		tr.gone.Add(1)
	default:
		tr.wrong("%s: answered with %d, %q", what, got.status, got.Outcome)
	}
	if got.told && got.Outcome != application.Done {
		tr.wrong("%s: a cookie with the status %d", what, got.status)
	}
}

// holds compares a fact with what there is.
func (tr *trial) holds(err error, what string, args ...any) {
	tr.Helper()
	tr.checked.Add(1)
	if err != nil {
		tr.wrong("%s: %v", fmt.Sprintf(what, args...), err)
	}
}

// wrong notes what must not be, and shows the first.
func (tr *trial) wrong(format string, args ...any) {
	tr.Helper()
	if n := tr.violated.Add(1); n <= 10 {
		tr.Errorf(format, args...)
	} else {
		tr.Fail()
	}
}

func (tr *trial) row(c faultCase) report.Row {
	var names []string
	for _, config := range tr.configs {
		names = append(names, config.Name)
	}
	return report.Row{
		Case: c.name, Name: tr.name(), Rule: c.rule,
		Database: string(tr.kind), Configs: strings.Join(names, ", "),
		Seed: tr.seed, Took: time.Since(tr.began),
		Requests: tr.requests.Load(), Done: tr.done.Load(), Unavailable: tr.unavailable.Load(),
		Unknown: tr.unknown.Load(), Gone: tr.gone.Load(), Faults: tr.faults.Load(),
		Checked: tr.checked.Load(), Violated: tr.violated.Load(),
		Recovery: time.Duration(tr.recovery.ns.Load()), Note: tr.note,
	}
}
