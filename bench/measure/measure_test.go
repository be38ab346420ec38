package measure_test

import (
	"os"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession/bench/contender"
	"github.com/seed7368b609/gormsession/bench/database"
	"github.com/seed7368b609/gormsession/bench/measure"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

func TestMain(m *testing.M) { os.Exit(dbtest.Main(m)) }

// slice is short, but long enough for clients to meet in one session.
const slice = 30 * time.Millisecond

// sampled takes two slices of each contender.
func sampled(
	t *testing.T, c measure.Cell, names []string, check func(t *testing.T, s measure.Sample),
) {
	t.Helper()
	for _, name := range names {
		t.Run(string(c.Database)+"/"+string(c.Work)+"/"+name, func(t *testing.T) {
			b, err := measure.Open(measure.Job{
				Cell: c, Contender: name, Slice: slice,
				DSN: dbtest.New(t, dbtest.Kind(c.Database)).DSN(),
			})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := b.Close(); err != nil {
					t.Error(err)
				}
			}()
			for range 2 {
				s, err := b.Slice()
				if err != nil {
					t.Fatal(err)
				}
				if s[measure.Failed] != 0 {
					t.Errorf("%v requests failed", s[measure.Failed])
				}
				check(t, s)
			}
		})
	}
}

var own = []string{contender.FloorName, contender.OwnDefault, contender.OwnTuned}

func all() (names []string) {
	for _, c := range contender.All {
		names = append(names, c.Name)
	}
	return names
}

func positive(t *testing.T, s measure.Sample, of ...measure.Measure) {
	t.Helper()
	for _, m := range of {
		if s[m] <= 0 {
			t.Errorf("%s: %v", m, s[m])
		}
	}
}

// Each contender can be measured in process.
func TestInProcess(t *testing.T) {
	c := measure.Cell{How: measure.InProcess, Rows: 100, Size: "200B"}
	timed := func(t *testing.T, s measure.Sample) {
		positive(t, s, measure.Time, measure.Allocs, measure.Bytes)
	}
	c.Database, c.Work = database.SQLite, contender.Untouched
	sampled(t, c, all(), timed)
	c.Work = contender.Mix
	sampled(t, c, all()[1:], timed)
	for _, c.Database = range database.Kinds {
		for _, c.Work = range []contender.Work{contender.Create, contender.Modify} {
			sampled(t, c, own, timed)
		}
	}
}

// Each contender can be measured over HTTP, by several clients.
func TestOverHTTP(t *testing.T) {
	c := measure.Cell{How: measure.OverHTTP, Rows: 100, Size: "4KB", Clients: 4}
	for _, c.Database = range database.Kinds {
		for _, c.Work = range []contender.Work{contender.Read, contender.Mix} {
			sampled(t, c, own, func(t *testing.T, s measure.Sample) {
				positive(t, s, measure.Rate, measure.Typical, measure.Slow, measure.Slowest)
			})
		}
	}
}

// Of what gormsession counts in a session that many write nothing is lost, and what others lose is
// seen.
func TestContended(t *testing.T) {
	c := measure.Cell{How: measure.OverHTTP, Rows: 100, Size: "200B",
		Work: contender.Modify, Clients: 8, Sessions: 1}
	for _, c.Database = range database.Kinds {
		sampled(t, c, own[1:], func(t *testing.T, s measure.Sample) {
			positive(t, s, measure.Rate)
			if s[measure.Lost] != 0 {
				t.Errorf("%v counts are lost", s[measure.Lost])
			}
		})
	}
	c.Database = database.Postgres
	sampled(t, c, own[:1], func(t *testing.T, s measure.Sample) {
		positive(t, s, measure.Lost, measure.InUse)
	})
}

// The statements of a request are counted, and where there is a network, its round trips.
func TestCounted(t *testing.T) {
	c := measure.Cell{How: measure.Counted, Rows: 100, Size: "200B", Work: contender.ReadWrite}
	for _, c.Database = range database.Kinds {
		sampled(t, c, own[:1], func(t *testing.T, s measure.Sample) {
			trips := 2.0
			if c.Database == database.SQLite {
				trips = 0
			}
			if s[measure.Statements] != 2 || s[measure.Tx] != 0 || s[measure.Trips] != trips {
				t.Errorf("%v", s)
			}
		})
	}
}

// What saves do to PostgreSQL's rows is read off its own counts.
func TestRowUpdates(t *testing.T) {
	c := measure.Cell{How: measure.RowUpdates, Database: database.Postgres, Rows: 100, Size: "200B",
		Work: contender.ReadWrite}
	sampled(t, c, own, func(t *testing.T, s measure.Sample) {
		positive(t, s, measure.LogBytes)
		if s[measure.LogBytes] > 2000 || s[measure.HotUpdates] > 1 {
			t.Errorf("%v", s)
		}
	})
}

// Clearing deletes the rows that have expired and no others.
func TestClearing(t *testing.T) {
	c := measure.Cell{How: measure.Clearing, Rows: 700, Size: "200B", Work: contender.Read,
		Clients: 2}
	for _, c.Database = range database.Kinds {
		d := dbtest.New(t, dbtest.Kind(c.Database))
		b, err := measure.Open(measure.Job{
			Cell: c, Contender: contender.OwnDefault, Slice: slice, DSN: d.DSN(),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		s, err := b.Slice()
		if err != nil {
			t.Fatal(err)
		}
		positive(t, s, measure.Cleared, measure.SlowestBefore, measure.Slowest)
		var left int
		d.Open(t).Raw("SELECT count(*) FROM web_sessions").Scan(&left)
		if left != 200 {
			t.Errorf("%d of 200 live rows are left", left)
		}
	}
}
