package faults

import (
	"fmt"
	"sync"
	"time"

	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/faults/application"
	"github.com/seed7368b609/gormsession/internal/faults/wire"
)

// A loss is what becomes of the one statement of a save.
type loss struct {
	verb string
	way  wire.Way
	late bool // what is held arrives only after the answer
}

var losses = []loss{
	{"UPDATE", wire.Lost, false}, {"UPDATE", wire.AnswerLost, false}, {"UPDATE", wire.Held, true},
	{"COMMIT", wire.Lost, false}, {"COMMIT", wire.AnswerLost, false},
	{"COMMIT", wire.Held, false}, {"COMMIT", wire.Held, true},
}

func (l loss) String() string {
	if l.late {
		return fmt.Sprintf("%s: %s, after the answer", l.verb, l.way)
	}
	return fmt.Sprintf("%s: %s", l.verb, l.way)
}

// exactlyOne loses each statement of an increment in each way, while the other node increments, or
// takes an increment back, so that the row holds again what it has held before.
func exactlyOne(tr *trial) {
	tr.pairs(time.Second, func(p *pair) {
		for range tr.size(1, 5) {
			for _, l := range losses {
				for _, deed := range []string{"/increment", "/decrement"} {
					for _, marked := range []bool{false, true} {
						p.exactlyOne(l, deed, marked)
					}
				}
			}
		}
	})
}

func (p *pair) exactlyOne(l loss, deed string, marked bool) {
	key, n := p.begin(p.b), 0
	if marked { // the text that is there is of an increment already
		p.count("increment", p.a.ask("/increment", key))
		n = 1
	}
	what := fmt.Sprintf("%s, %s, meanwhile %s, marked %t", p.a.name, l, deed, marked)
	var other reply
	happen := func() {
		other = p.b.ask(deed, key)
		p.count(what+": the other", other)
	}
	meanwhile := happen
	if l.way == wire.Held {
		meanwhile = nil
	}
	c := wire.NewCatch(l.way, meanwhile)
	p.wire.Next(l.verb, c)
	p.fault()
	answered := make(chan struct{})
	var beside sync.WaitGroup
	if l.way == wire.Held {
		beside.Go(func() {
			if c.CaughtBefore(answered) {
				happen()
			}
		})
		if !l.late {
			beside.Go(func() {
				if c.CaughtBefore(answered) {
					p.somebodyWaits()
					c.Release()
				}
			})
		}
	}
	began := time.Now()
	got := p.a.ask("/increment", key)
	close(answered)
	p.count(what, got)
	if got.Outcome == application.Done {
		p.recovery.note(time.Since(began))
	}
	c.Release()
	beside.Wait()
	if !p.isOver(c, what) {
		return
	}
	if other.Outcome != application.Done {
		p.wrong("%s: the other was answered with %d, %q", what, other.status, other.Outcome)
	}
	n += map[string]int{"/increment": 1, "/decrement": -1}[deed]
	least, most := n, n
	switch got.Outcome {
	case application.Done:
		least, most = n+1, n+1
	case application.Unknown:
		most = n + 1
	case application.Gone:
		p.wrong("%s: logged out", what)
	}
	shows, err := p.shows(key)
	if is := shows.N; err == nil && (is < least || is > most) {
		err = fmt.Errorf("it was answered with %d, %q, and the counter is %d, not %d to %d",
			got.status, got.Outcome, is, least, most)
	}
	p.holds(err, "%s", what)
}

// somebodyWaits returns once a transaction of the database waits for a lock.
func (p *pair) somebodyWaits() {
	query := "SELECT count(*) FROM pg_stat_activity" +
		" WHERE datname = current_database() AND wait_event_type = 'Lock'"
	if p.kind == dbtest.MariaDB { // where what InnoDB shows of locks is older than a wait
		query = "SELECT count(*) FROM information_schema.processlist" +
			" WHERE db = DATABASE() AND id <> CONNECTION_ID() AND command <> 'Sleep' AND time_ms > 20"
	}
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); time.Since(began) < 5*time.Second; <-tick.C {
		var n int
		if err := p.aside.Raw(query).Scan(&n).Error; err != nil {
			p.Error(err)
			return
		}
		if n > 0 {
			return
		}
	}
	p.Error("nobody waits for a lock")
}
