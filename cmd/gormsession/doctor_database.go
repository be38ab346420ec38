package main

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/seed7368b609/gormsession/internal/engine"
)

// lookAtClock compares the clock of the database with this machine's.
func (p *patient) lookAtClock(context.Context) []finding {
	const most = time.Second
	if p.source.engine == "sqlite" {
		return nil // its clock is the process's
	}
	began := p.now()
	clock, err := engine.NewClock(p.db, p.now, p.timeout)
	if err != nil {
		return []finding{fault("the clock of the database cannot be read: "+p.told(err),
			"let the database answer, and ask again")}
	}
	offset := clock.Offset()
	if offset.Abs() > most+p.now().Sub(began) {
		ahead := "ahead of"
		if offset < 0 {
			ahead = "behind"
		}
		return []finding{fault(fmt.Sprintf("the clock of the database is %v %s this machine's",
			offset.Abs().Round(time.Millisecond), ahead),
			"set both by NTP; or give all servers WithClock(DatabaseClock(db)), and they agree")}
	}
	return []finding{fine("the clocks of the database and of this machine are %v apart",
		offset.Abs().Round(time.Millisecond))}
}

// pragma finds the busy timeout in a DSN of the pure-Go driver.
var pragma = regexp.MustCompile(`_pragma=busy_timeout(?:\(|=|%28)(\d+)`)

// lookAtSQLite looks at how the file is opened.
func (p *patient) lookAtSQLite(context.Context) (findings []finding) {
	if p.source.engine != "sqlite" {
		return nil
	}
	if p.source.file == "" {
		return []finding{fault("a database in memory: each connection has one of its own, "+
			"without the table", "use a file, in tests that of sessiontest.SQLite")}
	}
	_, query, _ := strings.Cut(p.source.dsn, "?")
	options, _ := url.ParseQuery(query) // what it cannot read the driver does not either
	if options.Get("cache") == "shared" {
		findings = append(findings, fault("cache=shared: a table that another connection has "+
			"locked fails at once, and no busy timeout helps", "leave cache=shared out of the DSN"))
	}
	findings = append(findings, p.lookAtPatience(query, options))
	if mode := p.said["journal_mode"]; mode != "wal" {
		return append(findings, fault("the journal is "+mode+": who reads waits for who writes",
			"sqlite3 "+p.source.file+" 'PRAGMA journal_mode=WAL' once, which the file keeps"))
	}
	return append(findings, fine("the journal is WAL"))
}

// lookAtPatience looks at the busy timeout that the application's driver takes from the DSN. The
// driver of this program ignores the name that those in pure Go have for it, without a word.
func (p *patient) lookAtPatience(query string, options url.Values) finding {
	millis, _ := strconv.Atoi(p.said["busy_timeout"])
	mend := "?_busy_timeout=4000 in the DSN (gorm.io/driver/sqlite), or " +
		"?_pragma=busy_timeout(4000) (github.com/libtnb/sqlite)"
	found := pragma.FindStringSubmatch(query)
	silent := found == nil && !options.Has("_busy_timeout") && !options.Has("_timeout")
	if found != nil {
		millis, _ = strconv.Atoi(found[1]) // of digits
	}
	timeout := time.Duration(millis) * time.Millisecond
	switch {
	case silent && timeout >= p.withTimeout:
		return fault(fmt.Sprintf("the DSN says no busy timeout: it is %v with gorm.io/driver/sqlite "+
			"and github.com/libtnb/sqlite, and none with modernc.org/sqlite by itself", timeout), mend)
	case millis == 0:
		return fault("SQLite has no busy timeout: what meets another writer fails at once", mend)
	case timeout >= p.withTimeout:
		return fault(fmt.Sprintf("the busy timeout of %v is not below the %v of WithTimeout, "+
			"and no driver can cut it short", timeout, p.withTimeout), mend)
	}
	return fine("the busy timeout is %v", timeout)
}

// lookAtServer looks at what the server says of itself.
func (p *patient) lookAtServer(context.Context) (findings []finding) {
	if is := strings.ToLower(p.said["read_only"]); is == "1" || is == "on" {
		findings = append(findings, fault("the server takes no writes: it is a replica, or set so",
			"connect to the primary"))
	}
	const packet = 4 << 20 // a save sends a session of 1 MiB twice, escaped
	if most, err := strconv.Atoi(p.said["max_allowed_packet"]); err == nil && most < packet {
		findings = append(findings, fault(fmt.Sprintf("max_allowed_packet is %s: a save sends what was "+
			"loaded and what is to be stored, and a session may have 1 MiB", sized(int64(most))),
			"SET GLOBAL max_allowed_packet = 16777216, and in the server's settings"))
	}
	if p.source.engine == "mysql" && !p.prepareStmt && !p.source.mysql.InterpolateParams {
		findings = append(findings, hint("each read is two round trips",
			"PrepareStmt: true in gorm.Config (say --prepare-stmt here if it is), or "+
				"interpolateParams=true in the DSN"))
	}
	if port := p.otherPort(); port != 0 {
		findings = append(findings, hint(fmt.Sprintf("the server listens on port %d, and the DSN names "+
			"%d: there is a pooler between, or a redirected port", port, p.source.postgres.Port),
			"of PgBouncer: pool_mode session or transaction, with max_prepared_statements (on since "+
				"1.24), or default_query_exec_mode=exec in the DSN, and no PrepareStmt in gorm.Config"))
	}
	return findings
}

// otherPort is the port on which PostgreSQL listens, 0 if it is that of the DSN.
func (p *patient) otherPort() int {
	port, err := strconv.Atoi(p.said["port"])
	if err != nil || port == int(p.source.postgres.Port) {
		return 0
	}
	return port
}

// lookAtPool compares the application's pools with what the database takes.
func (p *patient) lookAtPool(context.Context) (findings []finding) {
	if p.pool == 1 {
		findings = append(findings, hint("a pool of one connection: a handler that holds a "+
			"transaction while its session is loaded or saved waits for itself",
			"SetMaxOpenConns of 2 and more, unless no handler does"))
	}
	most, err := strconv.Atoi(p.said["max_connections"])
	if err != nil {
		return findings
	}
	const others = 5 // for administration, and for this tool
	processes := max(p.processes, 1)
	room := (most - others) / processes
	mend := fmt.Sprintf("SetMaxOpenConns(%d) in each process", room)
	if room < 2 {
		mend = fmt.Sprintf("max_connections of %d and more in the server's settings, and "+
			"SetMaxOpenConns(2) in each process", 2*processes+others)
	}
	tooMany := fault
	if p.otherPort() != 0 { // a pooler may have few connections for many
		tooMany = hint
	}
	switch {
	case p.pool < 0:
		return append(findings, fine("the database takes %d connections; --pool and --processes say "+
			"how many the application may open", most))
	case p.pool == 0:
		return append(findings, tooMany(fmt.Sprintf("a pool without a limit: under load it asks for "+
			"more than the %d connections that the database takes", most),
			mend+", and SetMaxIdleConns likewise"))
	case p.pool*processes > most-others:
		return append(findings, tooMany(fmt.Sprintf("%d connections in each of %d processes are more "+
			"than the %d that the database takes, of which %d are for others",
			p.pool, processes, most, others), mend))
	}
	return append(findings, fine("the pools open %d connections at most, of %d",
		p.pool*processes, most))
}
