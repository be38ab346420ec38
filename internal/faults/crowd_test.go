package faults

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed7368b609/gormsession/internal/faults/application"
	"github.com/seed7368b609/gormsession/internal/faults/ledger"
)

// A crowd is clients that are at work while something fails. Each has a session of its own, and all
// have a part in another one.
type crowd struct {
	*trial
	nodes   []*node
	clients []*client
	shared  string // the key of the session that all have a part in

	sharedMost, sharedLeast atomic.Int64 // increments of it
	healed                  atomic.Int64 // when the last fault was over, since began
	served                  atomic.Int64
	slowest                 slowest     // answer
	impatient               atomic.Bool // clients go away at any moment
	aborted                 atomic.Int64
	stop                    chan struct{}
	all                     sync.WaitGroup

	mu   sync.Mutex
	wait map[int64][]chan struct{} // for so many requests to be served
}

// gather has clients begin. stop ends what they do, and verify compares.
func (tr *trial) gather(nodes []*node, clients int) *crowd {
	tr.Helper()
	c := &crowd{trial: tr, nodes: nodes, stop: make(chan struct{}), wait: map[int64][]chan struct{}{}}
	for _, n := range nodes {
		n.ready()
	}
	for c.shared == "" {
		c.shared = nodes[0].ask("/start", "").Key
	}
	for i := range clients {
		one := &client{crowd: c, number: i, chance: tr.chance(i)}
		c.clients = append(c.clients, one)
		c.all.Go(func() {
			for {
				select {
				case <-c.stop:
					return
				default:
					one.step()
				}
			}
		})
	}
	return c
}

// awaitServed returns once so many more requests have been answered.
func (c *crowd) awaitServed(more int64) {
	c.mu.Lock()
	at, done := c.served.Load()+more, make(chan struct{})
	c.wait[at] = append(c.wait[at], done)
	c.mu.Unlock()
	<-done
}

func (c *crowd) serve() {
	served := c.served.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	for at, waiting := range c.wait {
		if at <= served {
			for _, done := range waiting {
				close(done)
			}
			delete(c.wait, at)
		}
	}
}

// fault notes that something fails now.
func (c *crowd) fault() { c.faults.Add(1) }

// heal notes that what failed is over: from now on each client's next success is awaited.
func (c *crowd) heal() { c.healed.Store(int64(time.Since(c.began))) }

// finish ends the work, and compares what all were told with what there is. Nothing fails any more.
func (c *crowd) finish() {
	c.Helper()
	close(c.stop)
	c.all.Wait()
	n := c.nodes[0]
	n.ready()
	ask := func(key string) reply {
		got := n.ask("/read", key)
		for try := 0; got.Outcome == application.Unavailable && try < 20; try++ {
			got = n.ask("/read", key)
		}
		if got.Outcome != application.Done && got.Outcome != application.Gone {
			c.wrong("in the end a read is answered with %d, %q, %v", got.status, got.Outcome, got.err)
		}
		return got
	}
	shared := ask(c.shared)
	if shared.Outcome != application.Done {
		c.wrong("the session of all has gone")
	}
	all := ledger.Count{Least: int(c.sharedLeast.Load()), Most: int(c.sharedMost.Load())}
	c.holds(all.See(shared.Page.N), "the session of all")
	for _, one := range c.clients {
		c.holds(one.own.See(shared.Page.Own[strconv.Itoa(one.number)]),
			"client %d's entry in the session of all", one.number)
		if one.key != "" {
			got := ask(one.key)
			one.lives(got)
			one.sees(got)
		}
		for _, key := range one.dead {
			var err error
			if got := ask(key); got.Outcome == application.Done {
				err = fmt.Errorf("it lives")
			}
			c.holds(err, "a session of client %d that had ended", one.number)
		}
	}
}
