package faults

import (
	"errors"
	"fmt"
	"time"

	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/faults/application"
)

// inTime has clients work while something keeps the database from answering, and checks that they
// are answered in time nevertheless, and that nothing stays of it in the applications.
func inTime(tr *trial, nodes []*node, rounds int, begin, end func()) {
	c := tr.gather(nodes, 16)
	c.awaitServed(200)
	timeout := nodes[0].settings.Timeout
	for range rounds {
		c.slowest.ns.Store(0)
		c.fault()
		failed := tr.unavailable.Load() + tr.unknown.Load()
		begin()
		// A load and a commit have a time each, and a second look a quarter of it.
		most := timeout*9/4 + 2*time.Second
		tick := time.NewTicker(10 * time.Millisecond)
		for began := time.Now(); time.Since(began) < 2*most &&
			tr.unavailable.Load()+tr.unknown.Load() < failed+32; <-tick.C {
		}
		tick.Stop()
		end()
		c.heal()
		c.awaitServed(200)
		var err error
		if tr.unavailable.Load()+tr.unknown.Load() == failed {
			err = errors.New("nothing has failed")
		}
		tr.holds(err, "the fault")
		err = nil
		if took := time.Duration(c.slowest.ns.Load()); took > most {
			err = fmt.Errorf("it took %v, and should take %v at most", took, most)
		}
		tr.holds(err, "the slowest answer")
	}
	c.finish()
	for _, n := range nodes {
		n.settles(tr)
	}
}

// settles waits until nothing of the library's is left in a process that serves nobody, and no
// connection is in use.
func (n *node) settles(tr *trial) {
	var now application.Status
	for range 100 {
		if now = n.status(); now.Ours == 0 && now.InUse == 0 {
			tr.holds(nil, "what stays")
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	tr.holds(fmt.Errorf("%+v", now), "what stays open in %s", n.name)
}

// poolExhausted has transactions of the applications' own take all connections.
func poolExhausted(tr *trial) {
	d := dbtest.New(tr, tr.kind)
	s := settings(d)
	s.DSN, s.Timeout, s.Conns = busy(d.DSN(), 300), 500*time.Millisecond, 6
	nodes := tr.nodes(s)
	inTime(tr, nodes, tr.size(2, 8), func() {
		for _, n := range nodes {
			n.get("/hold", nil)
		}
	}, func() {
		for _, n := range nodes {
			n.get("/release", nil)
		}
	})
}

// silent has the server stand still: connections stay open, and nothing is answered.
func silent(tr *trial) {
	server := dbtest.StartServer(tr, tr.kind)
	s := settings(server.DB(tr))
	s.Timeout = 500 * time.Millisecond
	inTime(tr, tr.nodes(s), tr.size(2, 8), server.Pause, server.Resume)
}

// aborts has clients go away at any moment of a request, which ends neither its load nor its save.
func aborts(tr *trial) {
	s := settings(dbtest.New(tr, tr.kind))
	nodes := tr.nodes(s)
	c := tr.gather(nodes, 24)
	c.awaitServed(200)
	c.impatient.Store(true)
	c.awaitServed(int64(tr.size(2000, 15_000)))
	c.impatient.Store(false)
	c.heal()
	c.awaitServed(200)
	c.finish()
	for _, n := range nodes {
		n.settles(tr)
	}
	tr.faults.Add(c.aborted.Load())
}
