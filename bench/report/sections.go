package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/seed7368b609/gormsession/bench/contender"
	"github.com/seed7368b609/gormsession/bench/measure"
)

// principal is the measure that a cell is about, "" where there is no single one.
func principal(c measure.Cell) measure.Measure {
	switch c.How {
	case measure.InProcess:
		return measure.Time
	case measure.OverHTTP:
		return measure.Rate
	}
	return ""
}

// grid shows cells side by side, and contenders one below the other.
func (p *page) grid(
	s Section, cells []measure.Cell, title func(measure.Cell) string,
	show func(c measure.Cell, w Who) string,
) {
	t := table{head: []string{""}}
	for _, c := range cells {
		t.head = append(t.head, title(c))
	}
	for _, w := range p.results.Contenders {
		row := make([]string, len(cells))
		for i, c := range cells {
			if p.results.result(s, c, w).Failure != "" {
				row[i] = "failed"
			} else {
				row[i] = show(c, w)
			}
		}
		t.add(w.String(), row...)
	}
	p.show(t)
}

func workOf(c measure.Cell) string { return string(c.Work) }

func always(measure.Cell) bool { return true }

// micros is a time per request in µs.
func micros(ns float64) float64 { return ns / 1000 }

func (p *page) untouched() {
	cells := p.results.cells(Untouched, always)
	if len(cells) == 0 {
		return
	}
	p.say("## A page that does not touch its session")
	r, c := p.results, cells[0]
	t := table{head: []string{"", "µs", "above gin alone", "allocations", "above gin alone"}}
	for _, w := range r.Contenders {
		ns, allocs := r.value(Untouched, c, w, measure.Time), r.value(Untouched, c, w, measure.Allocs)
		t.add(w.String(), digits(micros(ns)),
			twoPlaces(micros(ns-r.value(Untouched, c, bare, measure.Time))),
			digits(math.Round(allocs)),
			digits(math.Round(allocs-r.value(Untouched, c, bare, measure.Allocs))))
	}
	p.show(t)
}

func (p *page) requests() {
	r := p.results
	if len(r.cells(Requests, always)) == 0 {
		return
	}
	p.say("## One request at a time")
	p.say("In µs, in process, with a table of few rows. **%s** is an exact count; of the floors it "+
		"is a read and write.", contender.Modify)
	for _, place := range r.Places {
		p.say("### %s", place.Kind.Title())
		for _, size := range contender.Sizes {
			cells := r.cells(Requests, func(c measure.Cell) bool {
				return c.Database == place.Kind && c.Size == size
			})
			if len(cells) == 0 {
				continue
			}
			p.say("Sessions of %s:", size)
			p.grid(Requests, cells, workOf, func(c measure.Cell, w Who) string {
				return with(micros(r.value(Requests, c, w, measure.Time)),
					r.ratio(Requests, c, w, floor, measure.Time))
			})
			if size == contender.Sizes[0] {
				p.plotRatios(place.Kind, cells)
				p.say("Allocations, and bytes allocated:")
				p.grid(Requests, cells, workOf, func(c measure.Cell, w Who) string {
					return pair(math.Round(r.value(Requests, c, w, measure.Allocs)),
						math.Round(r.value(Requests, c, w, measure.Bytes)))
				})
			}
		}
	}
}

func (p *page) clients() {
	r := p.results
	if len(r.cells(Clients, always)) == 0 {
		return
	}
	p.say("## Many clients at once")
	p.say("Requests a second over HTTP, then the 99th percentile of their latency in ms. A ratio " +
		"above 1 is more than the floor. **mix** is 90 %% reads, 9 %% reads and writes, 1 %% creates.")
	for _, place := range r.Places {
		p.say("### %s", place.Kind.Title())
		for _, work := range works(r.cells(Clients, always)) {
			cells := r.cells(Clients, func(c measure.Cell) bool {
				return c.Database == place.Kind && c.Work == work
			})
			p.say("%s:", work)
			p.grid(Clients, cells, func(c measure.Cell) string {
				return plural(c.Clients, "client")
			}, func(c measure.Cell, w Who) string {
				rate := with(r.value(Clients, c, w, measure.Rate),
					r.ratio(Clients, c, w, floor, measure.Rate))
				if rate == "" {
					return ""
				}
				return rate + ", " + digits(r.value(Clients, c, w, measure.Slow)/1000)
			})
		}
		p.plotClients(place.Kind)
	}
}

func works(cells []measure.Cell) (all []contender.Work) {
	for _, c := range cells {
		if !slices.Contains(all, c.Work) {
			all = append(all, c.Work)
		}
	}
	return all
}

func (p *page) growth() {
	r := p.results
	cells := r.cells(Growth, always)
	if len(cells) == 0 {
		return
	}
	p.say("## As the table grows")
	p.say("In µs, in process, and the ratio to the floor on a table of as many rows.")
	for _, place := range r.Places {
		for _, work := range works(cells) {
			p.say("%s, %s:", place.Kind.Title(), work)
			p.grid(Growth, r.cells(Growth, func(c measure.Cell) bool {
				return c.Database == place.Kind && c.Work == work
			}), func(c measure.Cell) string {
				return grouped(fmt.Sprint(c.Rows)) + " rows"
			}, func(c measure.Cell, w Who) string {
				return with(micros(r.value(Growth, c, w, measure.Time)),
					r.ratio(Growth, c, w, floor, measure.Time))
			})
		}
	}
}
