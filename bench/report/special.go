package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/seed7368b609/gormsession/bench/contender"
	"github.com/seed7368b609/gormsession/bench/measure"
)

// hotSession compares clients that share one session with clients that have one each.
func (p *page) hotSession() {
	r := p.results
	if len(r.cells(HotSession, always)) == 0 {
		return
	}
	p.say("## One hot session")
	p.say("Clients over HTTP that count: each in a session of its own, and all in one. gormsession " +
		"counts by `Field.Modify`, the others by a read and a write. What is lost was answered " +
		"with 200 and is not in the session.")
	for _, place := range r.Places {
		of := func(sessions func(int) bool) (measure.Cell, bool) {
			cells := r.cells(HotSession, func(c measure.Cell) bool {
				return c.Database == place.Kind && sessions(c.Sessions)
			})
			if len(cells) == 0 {
				return measure.Cell{}, false
			}
			return cells[0], true
		}
		hot, ok := of(func(n int) bool { return n == 1 })
		own, ok2 := of(func(n int) bool { return n > 1 })
		if !ok || !ok2 {
			continue
		}
		p.say("%s, %d clients:", place.Kind.Title(), hot.Clients)
		t := table{head: []string{"", "own sessions, counts/s", "one session, counts/s",
			"of the own ones", "lost", "connections in use"}}
		for _, w := range r.Contenders {
			many := r.value(HotSession, own, w, measure.Rate)
			one := r.value(HotSession, hot, w, measure.Rate)
			all := r.of(HotSession, hot, w)
			lost := sum(numbers(all, measure.Lost)) / sum(numbers(all, measure.Answered))
			t.add(w.String(), digits(many), digits(one), twoPlaces(one/many), percent(lost),
				onePlace(median(numbers(all, measure.InUse))))
		}
		p.show(t)
	}
}

// rowUpdates shows the first slice, of a table that is new, and the last.
func (p *page) rowUpdates() {
	r := p.results
	for _, c := range r.cells(RowUpdates, always) {
		p.say("## What a save does to PostgreSQL's row")
		p.say("HOT updates stay on their page and touch no index. The write-ahead log is without the " +
			"whole pages that follow a checkpoint. First on a table that is new, then after more " +
			"saves.")
		t := table{head: []string{"", "HOT at first", "later", "bytes of log at first", "later"}}
		for _, w := range r.Contenders {
			samples := r.of(RowUpdates, c, w)
			if len(samples) == 0 {
				continue
			}
			first, last := samples[0], samples[len(samples)-1]
			t.add(w.String(), percent(first[measure.HotUpdates]),
				percent(last[measure.HotUpdates]),
				digits(first[measure.LogBytes]), digits(last[measure.LogBytes]))
		}
		p.show(t)
	}
}

func (p *page) clearing() {
	r := p.results
	cells := r.cells(Clearing, always)
	if len(cells) == 0 {
		return
	}
	p.say("## Clearing expired rows")
	p.say("`Plugin.ClearExpired` while %d clients send the mix, on a table of which five sevenths "+
		"have expired.", cells[0].Clients)
	t := table{head: []string{"", "rows", "cleared, rows/s", "longest wait of a request, ms",
		"the same before, ms", "median wait meanwhile, ms"}}
	for _, c := range cells {
		for _, w := range r.Contenders {
			value := func(m measure.Measure) float64 { return r.value(Clearing, c, w, m) }
			t.add(c.Database.Title()+", "+w.String(), grouped(fmt.Sprint(c.Rows)),
				digits(value(measure.Cleared)), digits(value(measure.Slowest)/1000),
				digits(value(measure.SlowestBefore)/1000), digits(value(measure.Typical)/1000))
		}
	}
	t.rows = slices.DeleteFunc(t.rows, func(row []string) bool { return row[2] == "" })
	p.show(t)
}

func (p *page) traffic() {
	r := p.results
	if len(r.cells(Traffic, always)) == 0 {
		return
	}
	p.say("## What a request sends")
	p.say("Statements, with those that begin and end transactions; then what is prepared, and the " +
		"round trips on the network. Once all is warm.")
	for _, place := range r.Places {
		p.say("%s:", place.Kind.Title())
		cells := r.cells(Traffic, func(c measure.Cell) bool { return c.Database == place.Kind })
		p.grid(Traffic, cells, workOf, func(c measure.Cell, w Who) string {
			if len(r.of(Traffic, c, w)) == 0 {
				return ""
			}
			value := func(m measure.Measure) float64 { return r.value(Traffic, c, w, m) }
			text := digits(value(measure.Statements) + value(measure.Tx))
			if n := value(measure.Prepares); n > 0 {
				text += ", " + digits(n) + " prepared"
			}
			if n := value(measure.Trips); n > 0 {
				text += ", " + digits(n) + " trips"
			}
			return text
		})
	}
}

// rank compares gormsession with the quickest of the other libraries: on GORM's default
// configuration with those on it, and tuned with all.
func (p *page) rank() {
	cells := p.results.cells(Requests, func(c measure.Cell) bool { return c.Work != contender.Modify })
	if len(cells) == 0 {
		return
	}
	t := table{head: []string{"", "size", "work", "default", "tuned"}}
	for _, c := range cells {
		t.add(c.Database.Title(), c.Size, workOf(c),
			p.beside(c, contender.OwnDefault, contender.Default),
			p.beside(c, contender.OwnTuned, contender.NoGORM, contender.Default, contender.Tuned))
	}
	t.rows = slices.DeleteFunc(t.rows, func(row []string) bool { return row[3] == "" && row[4] == "" })
	if len(t.rows) > 0 {
		p.say("## Beside the quickest other library")
		p.say("gormsession's time in parts of that of the quickest other library: below 1 it is the " +
			"first. By default among libraries on the same `gorm.Config`, tuned among all.")
		p.show(t)
	}
}

func (p *page) beside(c measure.Cell, own string, configs ...contender.Config) string {
	var quickest Who
	best := math.Inf(1)
	for _, other := range contender.All {
		if other.Role != contender.Peer || !slices.Contains(configs, other.Config) {
			continue
		}
		w := Who{Name: other.Name}
		if v := p.results.value(Requests, c, w, measure.Time); v < best {
			quickest, best = w, v
		}
	}
	ratio := p.results.ratio(Requests, c, Who{Name: own}, quickest, measure.Time)
	if math.IsNaN(ratio) {
		return ""
	}
	return twoPlaces(ratio) + " of " + quickest.Name
}
