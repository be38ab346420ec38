package report

import (
	"math"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession/bench/contender"
	"github.com/seed7368b609/gormsession/bench/database"
	"github.com/seed7368b609/gormsession/bench/measure"
)

var readCell = measure.Cell{How: measure.InProcess, Database: database.SQLite, Rows: 1000,
	Size: "200B", Work: contender.Read}

// timed are results of one cell: times of each round, in µs.
func timed(times map[Who][]float64) *Results {
	r := &Results{Places: []Place{{Kind: database.SQLite, Version: "3"}}}
	for _, c := range contender.All {
		for _, tree := range []string{"", "before", "after"} {
			w := Who{c.Name, tree}
			if times[w] == nil {
				continue
			}
			r.Contenders = append(r.Contenders, w)
			one := Result{Section: Requests, Cell: readCell, Who: w}
			for _, v := range times[w] {
				one.Samples = append(one.Samples, measure.Sample{
					measure.Time: 1000 * v, measure.Allocs: 10, measure.Bytes: 1234,
				})
			}
			r.Results = append(r.Results, one)
		}
	}
	return r
}

func text(t *testing.T, r *Results) string {
	t.Helper()
	page, err := write(r, "")
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// A ratio is taken within each round, so that what has slowed a round down does not count.
func TestRatioOfRounds(t *testing.T) {
	own := Who{Name: contender.OwnDefault}
	r := timed(map[Who][]float64{floor: {10, 1000, 40}, own: {20, 2000, 81}})
	if got := r.ratio(Requests, readCell, own, floor, measure.Time); got != 2 {
		t.Errorf("the ratio is %v", got)
	}
	if page := text(t, r); !strings.Contains(page, "| gormsession | 81 (2.00) |") {
		t.Errorf("the page shows\n%s", page)
	}
}

// gormsession is compared with the quickest library: by default with those on GORM's default
// configuration, tuned with all.
func TestQuickestLibrary(t *testing.T) {
	r := timed(map[Who][]float64{
		floor: {10}, {Name: contender.GinContrib}: {40}, {Name: "scs on GORM"}: {30},
		{Name: contender.SCSOnSQL}:   {15},
		{Name: contender.OwnDefault}: {33}, {Name: contender.OwnTuned}: {30},
	})
	want := "| SQLite | 200B | read | 1.10 of scs on GORM | 2.00 of scs on SQL |"
	if page := text(t, r); !strings.Contains(page, want) {
		t.Errorf("the page shows\n%s", page)
	}
}

// A tree is compared with the one before it, with how far the rounds lie apart.
func TestTreesCompared(t *testing.T) {
	r := timed(map[Who][]float64{
		floor: {10, 10, 10}, {contender.OwnDefault, "before"}: {20, 20, 20},
		{contender.OwnDefault, "after"}: {10, 12, 16},
	})
	page := text(t, r)
	if !strings.Contains(page, "| 20,000 | 12,000 | 0.60 | 0.55 to 0.70 |") {
		t.Errorf("the page shows\n%s", page)
	}
}

// Who failed is named, and his cells are no numbers.
func TestFailuresAreShown(t *testing.T) {
	r := timed(map[Who][]float64{floor: {10}, {Name: contender.GinContrib}: {40}})
	r.Results[1].Failure = "it fell over"
	page := text(t, r)
	for _, part := range []string{"| gin-contrib | failed |", "## What failed"} {
		if !strings.Contains(page, part) {
			t.Errorf("the page lacks %q:\n%s", part, page)
		}
	}
}

// A page says of a Redis how it was run, that it keeps nothing, and the ratio to the floor; or that
// there was none.
func TestRedisIsThereOrNot(t *testing.T) {
	r := timed(map[Who][]float64{floor: {10}})
	for who, rate := range map[Who]float64{floor: 1000, {Name: "scs on Redis"}: 3000} {
		r.Results = append(r.Results, Result{Section: BesideRedis, Cell: readCell, Who: who,
			Samples: []measure.Sample{{measure.Rate: rate}}})
	}
	r.Contenders = append(r.Contenders, Who{Name: "scs on Redis"})
	const none, kept = "Redis was not there", "keeps nothing here when its machine stops"
	page := text(t, r)
	if !strings.Contains(page, none) || strings.Contains(page, kept) {
		t.Errorf("without a Redis the page shows\n%s", page)
	}
	r.Redis = Place{Kind: database.Redis, Version: "7", Settings: []string{`save ""`}}
	page = text(t, r)
	for _, part := range []string{
		kept, "- **Redis**: 7, with `save \"\"`\n", "| scs on Redis | 3,000 (3.00) |",
	} {
		if !strings.Contains(page, part) || strings.Contains(page, none) {
			t.Errorf("the page lacks %q:\n%s", part, page)
		}
	}
}

func TestQuantile(t *testing.T) {
	for _, c := range []struct {
		of          []float64
		share, want float64
	}{
		{[]float64{3, 1, 2}, 0.5, 2}, {[]float64{4, 1, 2, 3}, 0.5, 2.5}, {[]float64{7}, 0.9, 7},
		{[]float64{0, 10}, 0.25, 2.5}, {[]float64{1, 2}, 1, 2},
	} {
		if got := quantile(c.of, c.share); got != c.want {
			t.Errorf("%v of %v is %v, not %v", c.share, c.of, got, c.want)
		}
	}
	if got := median(nil); !math.IsNaN(got) {
		t.Errorf("the median of nothing is %v", got)
	}
}

func TestNumbersAsTheyAreShown(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{digits(1234567.4), "1,234,567"}, {digits(999.9), "1,000"}, {digits(12.345), "12.3"},
		{digits(0), "0"}, {digits(math.NaN()), ""}, {digits(-123456), "-123,456"},
		{twoPlaces(-0.001), "0.00"}, {twoPlaces(-1.234), "-1.23"}, {twoPlaces(math.Inf(1)), ""},
		{percent(0.845), "84.5 %"}, {percent(math.NaN()), ""},
		{plural(1, "client"), "1 client"}, {plural(1000, "client"), "1,000 clients"},
		{with(12.3, math.NaN()), "12.3"}, {with(12.3, 1), "12.3 (1.00)"},
	} {
		if c.got != c.want {
			t.Errorf("%q, not %q", c.got, c.want)
		}
	}
}
