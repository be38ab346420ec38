package measure

import (
	"errors"
	"fmt"

	"github.com/seed7368b609/gormsession/bench/contender"
	"github.com/seed7368b609/gormsession/bench/database"
)

// fewRows is how many rows are written anew where they have changed. More are kept.
const fewRows = 10_000

// Open prepares what a job asks for: it opens the contender, fills the table, and warms up.
func Open(job Job) (b *Bench, err error) {
	c, ok := contender.Named(job.Contender)
	if !ok {
		return nil, fmt.Errorf("no contender is called %q", job.Contender)
	}
	var traffic *database.Traffic
	if job.Cell.How == Counted {
		traffic = &database.Traffic{}
	}
	b = &Bench{}
	kind := job.Cell.Database
	if c.Role == contender.OnRedis {
		kind = database.Redis
	}
	if b.db, err = database.Open(kind, job.DSN, traffic); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("%s, %s: %w", c.Name, job.Cell, err), b.Close())
		}
	}()
	if b.site, err = c.Open(b.db); err != nil {
		return b, err
	}
	if job.Cell.How == Clearing {
		return b, openClearing(b, job)
	}
	if err := fill(b, job.Cell); err != nil {
		return b, err
	}
	switch job.Cell.How {
	case InProcess:
		return b, openInProcess(b, job)
	case OverHTTP:
		return b, openOverHTTP(b, job)
	case Counted:
		return b, openCounted(b, job, traffic)
	case RowUpdates:
		return b, openRowUpdates(b, job)
	}
	return b, fmt.Errorf("no way to measure %q", job.Cell.How)
}

// fill leaves the rows of the cell in the table. A large table is filled once; what other cells
// have added to it stays.
func fill(b *Bench, c Cell) error {
	if b.site.Table == "" {
		return nil
	}
	if c.Rows > fewRows {
		var n int
		err := b.db.Pool.QueryRow("SELECT count(*) FROM " + b.site.Table).Scan(&n)
		if err != nil || n >= c.Rows {
			return err
		}
	}
	if err := contender.Seed(b.db, b.site, c.Rows, c.Size); err != nil {
		return err
	}
	return contender.Check(b.site, contender.Key(c.Rows-1), c.Size)
}

// refill takes away what the last slice has added to a small table, which would be more the faster
// a contender is.
func refill(b *Bench, c Cell) error {
	if !c.Work.Creates() || c.Rows > fewRows {
		return nil
	}
	return fill(b, c)
}

// manySessions is how many of the sessions of a table are used.
const manySessions = 10_000

// cookies returns the cookies of the sessions that the requests of a cell use.
func cookies(s *contender.Site, c Cell) []string {
	n := min(c.Rows, manySessions)
	if c.Sessions > 0 {
		n = c.Sessions
	}
	jar := make([]string, n)
	for i := range jar {
		jar[i] = s.Cookie(contender.Key(i * (c.Rows / n)))
	}
	return jar
}

// scattered is where the i-th request finds its cookie: each in turn, in no order.
func scattered(i, cookies int) int { return i * 7919 % cookies }
