package report

import (
	"slices"

	"github.com/seed7368b609/gormsession/bench/measure"
)

// trees compares each tree with the one before it, in each cell that has a time or a rate.
func (p *page) trees() {
	var names []string
	for _, w := range p.results.Contenders {
		if w.Tree != "" && !slices.Contains(names, w.Tree) {
			names = append(names, w.Tree)
		}
	}
	for i := 1; i < len(names); i++ {
		before, after := names[i-1], names[i]
		p.say("## %s, then %s", before, after)
		p.say("The ratio of %s to %s in each round: the median, and the middle half. Others who use the "+
			"machine change the time of the CPU less than that on the clock.", after, before)
		t := table{head: []string{"", "cell", "of", before, after, "ratio", "middle half"}}
		for _, one := range p.results.Results {
			if one.Who.Tree == after {
				p.treeRows(&t, one, Who{one.Who.Name, before})
			}
		}
		p.show(t)
	}
}

func (p *page) treeRows(t *table, after Result, before Who) {
	r := p.results
	earlier := r.of(after.Section, after.Cell, before)
	for _, m := range []measure.Measure{
		measure.Time, measure.CPU, measure.Allocs, measure.Rate, measure.Lost, measure.Statements,
		measure.Trips, measure.LogBytes,
	} {
		was, is := numbers(earlier, m), numbers(after.Samples, m)
		if len(was) == 0 || len(is) == 0 {
			continue
		}
		ratios := r.ratios(after.Section, after.Cell, after.Who, before, m)
		t.add(after.Who.Name, after.Cell.String(), string(m), digits(median(was)), digits(median(is)),
			twoPlaces(median(ratios)), between(quantile(ratios, 0.25), quantile(ratios, 0.75)))
	}
}

// between shows two ratios, nothing of none.
func between(low, high float64) string {
	if twoPlaces(low) == "" {
		return ""
	}
	return twoPlaces(low) + " to " + twoPlaces(high)
}
