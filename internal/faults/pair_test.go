package faults

import (
	"fmt"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/faults/application"
	"github.com/seed7368b609/gormsession/internal/faults/wire"
)

// A pair is two nodes on one database, the first of which is behind a wire.
type pair struct {
	*trial
	a, b  *node
	wire  *wire.Wire
	aside *gorm.DB
}

// pairs runs f with a pair of each setting of GORM, at the same time. The first node of a pair has
// so much time for a save.
func (tr *trial) pairs(timeout time.Duration, f func(p *pair)) {
	var all sync.WaitGroup
	for _, config := range tr.configs {
		d := dbtest.New(tr, tr.kind)
		w, through, err := wire.Lay(string(d.Kind()), d.DSN())
		if err != nil {
			tr.Fatal(err)
		}
		tr.Cleanup(w.Close)
		behind := settings(d)
		behind.DSN, behind.Timeout = through, timeout
		p := &pair{trial: tr, wire: w, aside: tr.alone(d)}
		p.b = startNode(tr, config, settings(d))
		p.begin(p.b) // which makes the table
		p.a = startNode(tr, config, behind)
		p.begin(p.a)
		all.Go(func() { f(p) })
	}
	all.Wait()
}

// begin begins a session, once the node has its database.
func (p *pair) begin(n *node, args ...string) (key string) {
	p.Helper()
	n.ready()
	got := n.ask("/start", "", args...)
	p.count("start", got)
	if got.Outcome != application.Done {
		p.wrong("no session could be begun: %d, %v", got.status, got.err)
	}
	return got.Key
}

// isOver waits until nothing more comes of a statement that was caught, if one was, as there should
// have been.
func (p *pair) isOver(c *wire.Catch, what string) bool {
	p.wire.Judge(nil)
	over := make(chan struct{})
	close(over)
	if !c.CaughtBefore(over) {
		p.wrong("%s: there was no such statement", what)
		return false
	}
	<-c.Over()
	return true
}

func (p *pair) fault() { p.faults.Add(1) }

// shows is what the second node shows of a session that is there.
func (p *pair) shows(key string) (application.Page, error) {
	got := p.b.ask("/read", key)
	p.count("read", got)
	if got.Outcome != application.Done {
		return got.Page, fmt.Errorf("its session is answered with %d, %q", got.status, got.Outcome)
	}
	return got.Page, nil
}

// opens compares what a key opens.
func (p *pair) opens(key string, want application.Outcome) {
	got := p.b.ask("/read", key)
	p.count("read", got)
	var err error
	if got.Outcome != want {
		err = fmt.Errorf("answered with %d, %q, not %q", got.status, got.Outcome, want)
	}
	p.holds(err, "%s, a key after a lost answer", p.a.name)
}
