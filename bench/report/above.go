package report

// aboveTheFloor says what two kinds of request cost more than they might, and what was tried. What
// it says of profiles the commands show.
func (p *page) aboveTheFloor() {
	if len(p.results.cells(Untouched, always)) == 0 || len(p.results.cells(Requests, always)) == 0 {
		return
	}
	p.say("## What stays above the floor")
	p.say("- **A page that does not touch its session** pays for one object of about 700 bytes: the " +
		"copy of the request with a context of its own, by which `From` finds the session wherever " +
		"the request goes, and the writer that holds the response. To make it and to collect it " +
		"takes about half of the time: " +
		"`go test -run ^$ -bench Untouched/session/status -cpuprofile cpu.out ./ginsession`. It is " +
		"no more since 09a3f90, and cannot be kept for the next request, as whoever was given the " +
		"context may still have it.")
	p.say("- **A new session on SQLite** is one statement, as for the floor. By default GORM puts " +
		"BEGIN and COMMIT around it, as around its own, which are two more calls of SQLite. " +
		"With `SkipDefaultTransaction` more than half of the time is SQLite's own " +
		"(4f20b0d and 6110e6c took what else there was); a table `WITHOUT ROWID` was slower.")
}
