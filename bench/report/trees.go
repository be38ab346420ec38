package report

import (
	"fmt"
	"math"
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
		p.say("Of the ratio of %s to %s the median and the middle half; below 1 is less time, and "+
			"for requests a second above 1 is more of them.", after, before)
		t := table{head: []string{"", "cell", "of", before, after, "ratio", "middle half",
			"allocations"}}
		for _, one := range p.results.Results {
			if one.Who.Tree == after {
				p.treeRow(&t, one, Who{one.Who.Name, before})
			}
		}
		p.show(t)
	}
}

func (p *page) treeRow(t *table, after Result, before Who) {
	r, m := p.results, principal(after.Cell)
	if m == "" {
		return
	}
	ratios := r.ratios(after.Section, after.Cell, after.Who, before, m)
	value := func(w Who, m measure.Measure) float64 {
		return r.value(after.Section, after.Cell, w, m)
	}
	t.add(after.Who.Name, after.Cell.String(), string(m),
		digits(value(before, m)), digits(value(after.Who, m)), twoPlaces(median(ratios)),
		fmt.Sprintf("%s to %s", twoPlaces(quantile(ratios, 0.25)), twoPlaces(quantile(ratios, 0.75))),
		pair(math.Round(value(before, measure.Allocs)), math.Round(value(after.Who, measure.Allocs))))
}
