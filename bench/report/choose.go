package report

import (
	"math"

	"github.com/seed7368b609/gormsession/bench/contender"
	"github.com/seed7368b609/gormsession/bench/measure"
)

// choose says which gorm.Config to choose, and what that is worth on each database.
func (p *page) choose() {
	r := p.results
	def, tuned := Who{Name: contender.OwnDefault}, Who{Name: contender.OwnTuned}
	cells := r.cells(Requests, func(c measure.Cell) bool {
		return c.Size == contender.Sizes[0] && len(r.of(Requests, c, def)) > 0
	})
	if len(cells) == 0 {
		return
	}
	p.say("## Which gorm.Config to choose")
	p.say("- `SkipDefaultTransaction`, on each database, if the application's own writes do " +
		"without as well: it is GORM's switch for all of them. A session's save is one statement " +
		"that changes nothing unless the row is as it was loaded, so its transaction protects " +
		"nothing; a new session is one too. `Field.Modify`, flash messages and `CycleKey` keep " +
		"theirs.\n" +
		"- `PrepareStmt` on MySQL and MariaDB, whose driver otherwise asks for the preparation " +
		"of each statement first; `interpolateParams=true` in the DSN does as well. On " +
		"SQLite and PostgreSQL it changes nothing for sessions: what each request asks is prepared " +
		"once on a connection anyway.\n" +
		"- What a save costs in round trips: see below. A read is one, wherever statements are " +
		"kept.")
	t := table{head: []string{"200B", "work", "default, µs", "tuned, µs", "tuned in parts of default",
		"trips, default", "trips, tuned"}}
	for _, c := range cells {
		row := []string{workOf(c)}
		for _, w := range []Who{def, tuned} {
			row = append(row, digits(micros(r.value(Requests, c, w, measure.Time))))
		}
		row = append(row, twoPlaces(r.ratio(Requests, c, tuned, def, measure.Time)))
		for _, w := range []Who{def, tuned} {
			row = append(row, p.trips(c, w))
		}
		t.add(c.Database.Title(), row...)
	}
	p.show(t)
}

// trips are the round trips of a request of that work, "" where the database is no server.
func (p *page) trips(like measure.Cell, w Who) string {
	for _, c := range p.results.cells(Traffic, func(c measure.Cell) bool {
		return c.Database == like.Database && c.Work == like.Work
	}) {
		if n := p.results.value(Traffic, c, w, measure.Trips); n > 0 && !math.IsNaN(n) {
			return digits(n)
		}
	}
	return ""
}
