package clusters

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A crowd is clients that are at work while servers fail. Each has a session of its own, and all
// count in another one. What they were told they compare with what they see.
type crowd struct {
	t      *testing.T
	nodes  []*application
	shared string
	least  atomic.Int64 // counts in the shared session that were acknowledged
	most   atomic.Int64 // and those that may have been carried out

	asked, served, refused, open, slowest atomic.Int64

	stop chan struct{}
	all  sync.WaitGroup
	ones []*client
}

// A client does one thing after the other.
type client struct {
	*crowd
	key         string
	dead        []ended
	least, most int
}

// An ended session is one whose end was acknowledged.
type ended struct {
	key string
	at  time.Time
}

// gather has clients begin, who ask the applications in turn.
func gather(t *testing.T, clients int, nodes ...*application) *crowd {
	t.Helper()
	c := &crowd{t: t, nodes: nodes, stop: make(chan struct{})}
	if c.shared = nodes[0].ask("/start", "").key; c.shared == "" {
		t.Fatalf("no session to begin with\n%s", nodes[0].log)
	}
	for range clients {
		one := &client{crowd: c}
		c.ones = append(c.ones, one)
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

// ask asks one of the nodes.
func (c *crowd) ask(path, key string) reply {
	got := c.nodes[rand.IntN(len(c.nodes))].ask(path, key)
	c.asked.Add(1)
	switch got.outcome {
	case done, gone:
		c.served.Add(1)
	case unknown:
		c.open.Add(1)
	default:
		c.refused.Add(1)
	}
	for had := c.slowest.Load(); int64(got.took) > had; had = c.slowest.Load() {
		if c.slowest.CompareAndSwap(had, int64(got.took)) {
			break
		}
	}
	return got
}

// awaitServed returns once so many more requests were served, and how long that took.
func (c *crowd) awaitServed(more int64) time.Duration {
	c.t.Helper()
	began, until := time.Now(), c.served.Load()+more
	for c.served.Load() < until {
		if time.Since(began) > time.Minute {
			c.t.Fatalf("nobody is served any more\n%s", c.nodes[0].log)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return time.Since(began)
}

// step does one thing.
func (c *client) step() {
	if c.key == "" {
		if got := c.ask("/start", ""); got.outcome == done {
			c.key, c.least, c.most = got.key, 0, 0
		}
		return
	}
	switch i := rand.IntN(100); {
	case i < 40:
		c.counts()
	case i < 60:
		c.countsTogether()
	case i < 80:
		c.sees(c.ask("/read", c.key))
	case i < 88:
		got := c.ask("/login", c.key)
		switch c.leaves(got) {
		case done:
			c.ends(got.key)
		case unknown:
			c.key = "" // nobody knows which key it has
		}
	case i < 92:
		switch got := c.ask("/logout", c.key); c.leaves(got) {
		case done:
			c.ends("")
		case unknown:
			c.key = ""
		}
	case len(c.dead) > 0:
		c.isDead(c.dead[rand.IntN(len(c.dead))])
	}
}

// ends notes that the client has another key, or none.
func (c *client) ends(next string) {
	c.dead, c.key = append(c.dead, ended{c.key, time.Now()}), next
}

// isDead comes with the key of a session that has ended.
func (c *crowd) isDead(e ended) {
	shown := time.Since(e.at) < c.nodes[0].late
	if got := c.ask("/read", e.key); got.outcome == done && !shown {
		c.t.Error("a session that had ended is there")
	}
}

func (c *client) counts() {
	switch got := c.ask("/count", c.key); c.leaves(got) {
	case done:
		c.least++
		c.most++
		c.sees(got)
	case unknown:
		c.most++
	}
}

func (c *crowd) countsTogether() {
	switch got := c.ask("/count", c.shared); got.outcome {
	case done:
		c.least.Add(1)
		c.most.Add(1)
	case unknown:
		c.most.Add(1)
	case gone:
		c.t.Error("the session of all is said to have gone")
	}
}

// leaves notes that the session is said to have gone, which it has not.
func (c *client) leaves(got reply) outcome {
	if got.outcome == gone {
		c.t.Error("a client was logged out")
		c.key = ""
	}
	return got.outcome
}

// sees compares a count with what the client was told.
func (c *client) sees(got reply) {
	if c.leaves(got) != done {
		return
	}
	old := c.nodes[0].late > 0
	if !old && got.n < c.least || got.n > c.most {
		c.t.Errorf("the count is %d, and should be %d to %d", got.n, c.least, c.most)
	}
	c.least = max(c.least, got.n)
}

// finish ends the work and compares all that was told with what there is.
func (c *crowd) finish() {
	c.t.Helper()
	close(c.stop)
	c.all.Wait()
	time.Sleep(c.nodes[0].late)
	got := c.ask("/read", c.shared)
	if n := int64(got.n); got.outcome != done || n < c.least.Load() || n > c.most.Load() {
		c.t.Errorf("the session of all is %q and %d, and should be %d to %d\n%s", got.outcome, n,
			c.least.Load(), c.most.Load(), c.nodes[0].log)
	}
	for _, one := range c.ones {
		if one.key != "" {
			one.sees(c.ask("/read", one.key))
		}
		for _, e := range one.dead {
			c.isDead(e)
		}
	}
	c.t.Logf("%d requests: %d served, %d refused, of %d the end was open; the slowest took %v",
		c.asked.Load(), c.served.Load(), c.refused.Load(), c.open.Load(),
		time.Duration(c.slowest.Load()).Round(time.Millisecond))
}
