package faults

import (
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// killApplication kills one node after the other. A SIGKILL leaves the process no time to end
// anything: connections break in the middle of a save.
func killApplication(tr *trial) {
	nodes := tr.nodes(settings(dbtest.New(tr, tr.kind)))
	c := tr.gather(nodes, 24)
	for round := range tr.size(16, 80) {
		c.awaitServed(60)
		n := nodes[round%len(nodes)]
		c.fault()
		n.kill()
		n.start()
		c.heal()
		n.ready() // else clients that are told at once that it is not would see nothing else
	}
	c.awaitServed(200)
	c.finish()
}

// killDatabase kills every process of the server at once.
func killDatabase(tr *trial) {
	server := dbtest.StartServer(tr, tr.kind)
	nodes := tr.nodes(settings(server.DB(tr)))
	c := tr.gather(nodes, 24)
	for range tr.size(4, 8) {
		c.awaitServed(400)
		c.fault()
		server.Kill()
		server.Start()
		c.heal()
	}
	c.awaitServed(400)
	c.finish()
}
