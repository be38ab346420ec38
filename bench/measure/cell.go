// Package measure measures one contender in one cell, a slice of time after the other, so that
// those of several contenders can alternate.
package measure

import (
	"fmt"
	"time"

	"github.com/seed7368b609/gormsession/bench/contender"
	"github.com/seed7368b609/gormsession/bench/database"
)

// How is a way to measure.
type How string

// The ways to measure.
const (
	InProcess  How = "in process"  // one request after the other, handed to the handler
	OverHTTP   How = "over HTTP"   // by clients on the loopback interface, at once
	Counted    How = "counted"     // what a request sends to the database; no time
	RowUpdates How = "row updates" // what saves do to PostgreSQL's rows and log
	Clearing   How = "clearing"    // of expired rows, beside requests over HTTP
)

// A Cell says what is measured of a contender. Samples of one cell can be compared.
type Cell struct {
	How      How
	Database database.Kind
	Rows     int    // in the table
	Size     string // of each session
	Work     contender.Work
	Clients  int // at once, over HTTP
	Sessions int // that the clients share, as evenly as it goes; 0: many, at random
}

// String is a name for messages.
func (c Cell) String() string {
	s := fmt.Sprintf("%s, %s, %d rows of %s: %s", c.How, c.Database, c.Rows, c.Size, c.Work)
	if c.Clients > 0 {
		s += fmt.Sprintf(", %d clients", c.Clients)
	}
	if c.Sessions > 0 {
		s += fmt.Sprintf(" of %d sessions", c.Sessions)
	}
	return s
}

// A Job is what a worker is started for.
type Job struct {
	Cell      Cell
	Contender string
	DSN       string        // of a database that is the contender's own
	Slice     time.Duration // how long a slice takes, about
}

// Measure names what a sample has a number of.
type Measure string

// The measures.
const (
	Time   Measure = "ns per request"
	CPU    Measure = "ns of CPU per request"
	Allocs Measure = "allocations per request"
	Bytes  Measure = "bytes allocated per request"

	Rate    Measure = "requests per second"
	Typical Measure = "median latency in µs"
	Slow    Measure = "99th percentile of the latency in µs"
	Slowest Measure = "longest latency in µs"
	Failed  Measure = "requests that failed"

	Answered Measure = "counts that were answered"
	Lost     Measure = "counts that were lost"
	InUse    Measure = "connections in use"

	Statements Measure = "statements"
	Tx         Measure = "statements that begin and end transactions"
	Prepares   Measure = "statements prepared"
	Trips      Measure = "round trips"

	HotUpdates Measure = "share of updates that are HOT"
	LogBytes   Measure = "bytes of write-ahead log per save"

	Cleared       Measure = "rows cleared per second"
	SlowestBefore Measure = "longest latency before the clearing, in µs"
)

// A Sample is what one slice has measured.
type Sample map[Measure]float64

// A Bench measures one contender in one cell.
type Bench struct {
	// Slice measures once.
	Slice func() (Sample, error)
	site  *contender.Site
	db    *database.DB
	close func() error
}

// Close releases what the bench holds, but not the database's content.
func (b *Bench) Close() error {
	var err error
	if b.close != nil {
		err = b.close()
	}
	b.db.Close()
	return err
}
