package report

import "github.com/seed7368b609/gormsession/bench/measure"

// besideRedis shows what sessions in Redis would give, which is of use to who can lose them.
func (p *page) besideRedis() {
	r := p.results
	cells := r.cells(BesideRedis, always)
	if len(cells) == 0 {
		return
	}
	p.say("## Beside Redis")
	text := "Requests a second over HTTP, by %d clients. What is not called so is on %s, as is the " +
		"floor. "
	if r.Redis.Version == "" {
		text += "Redis was not there: it is not installed where this was measured."
	} else {
		text += "Redis keeps nothing here when its machine stops; what its own durability costs is " +
			"not measured. The store of gin-contrib sends a PING before each use of a connection."
	}
	p.say(text, cells[0].Clients, cells[0].Database.Title())
	p.grid(BesideRedis, cells, workOf, func(c measure.Cell, w Who) string {
		return with(r.value(BesideRedis, c, w, measure.Rate),
			r.ratio(BesideRedis, c, w, floor, measure.Rate))
	})
}
