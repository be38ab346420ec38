package faults

import (
	"time"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// absent has applications begin before their database, which goes away once more for a while.
func absent(tr *trial) {
	server := dbtest.StartServer(tr, tr.kind)
	d := server.DB(tr)
	server.Stop()
	tr.faults.Add(1)
	nodes := tr.nodes(settings(d))
	for _, n := range nodes {
		got := n.ask("/start", "")
		tr.count("without a database", got)
		if got.told {
			tr.wrong("a cookie without a database")
		}
	}
	server.Start()
	c := tr.gather(nodes, 16)
	c.heal()
	for range tr.size(2, 1) {
		c.awaitServed(300)
		c.fault()
		server.Stop()
		before := tr.unavailable.Load()
		over := time.After(time.Duration(tr.size(0, 60)) * time.Second)
		for tr.unavailable.Load() < before+64 {
			c.awaitServed(1)
		}
		<-over
		server.Start()
		c.heal()
	}
	c.awaitServed(300)
	c.finish()
}
