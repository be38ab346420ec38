package faults

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/seed7368b609/gormsession/internal/faults/application"
	"github.com/seed7368b609/gormsession/internal/faults/ledger"
)

// A client is one that does one thing after the other.
type client struct {
	*crowd
	number    int
	chance    *rand.Rand
	recovered int64 // the fault whose end it has seen

	key    string
	dead   []string // keys that open nothing any more, as it was told
	adrift bool     // nobody knows whether its session has ended, or has another key
	count  ledger.Count
	pair   ledger.Last
	v      int // what was set last
	own    ledger.Last
}

// ask asks for a page, of the node whose turn it is.
func (c *client) ask(path, key string, args ...string) reply {
	n := c.nodes[c.chance.IntN(len(c.nodes))]
	began := int64(time.Since(c.began))
	ctx, leave := context.WithCancel(context.Background())
	defer leave()
	if c.impatient.Load() && c.chance.IntN(2) == 0 {
		c.aborted.Add(1)
		timer := time.AfterFunc(time.Duration(c.chance.IntN(10_000))*time.Microsecond, leave)
		defer timer.Stop()
	}
	got := n.askIn(ctx, path, key, args...)
	c.slowest.note(time.Duration(int64(time.Since(c.began)) - began))
	c.trial.count(fmt.Sprintf("client %d, %s of %s", c.number, path, n.name), got)
	c.serve()
	if healed := c.healed.Load(); got.Outcome == application.Done && healed > c.recovered {
		if now := int64(time.Since(c.began)); began >= healed {
			c.recovery.note(time.Duration(now - healed))
			c.recovered = healed
		}
	}
	return got
}

// step does one thing, as chance has it.
func (c *client) step() {
	if c.key == "" {
		c.begin()
		return
	}
	switch i := c.chance.IntN(100); {
	case i < 30:
		got := c.ask("/increment", c.key)
		c.count.Tell(got.Outcome)
		c.lives(got)
	case i < 55:
		c.v++
		got := c.ask("/pair", c.key, "v", strconv.Itoa(c.v))
		tell(&c.pair, c.v, got)
		c.lives(got)
	case i < 70:
		got := c.ask("/read", c.key)
		c.lives(got)
		c.sees(got)
	case i < 80:
		c.v++
		got := c.ask("/own", c.shared, "client", strconv.Itoa(c.number), "v", strconv.Itoa(c.v))
		tell(&c.own, c.v, got)
		c.sharedLives(got)
	case i < 90:
		got := c.ask("/increment", c.shared)
		switch got.Outcome {
		case application.Done:
			c.sharedLeast.Add(1)
			c.sharedMost.Add(1)
		case application.Unknown:
			c.sharedMost.Add(1)
		}
		c.sharedLives(got)
	case i < 94:
		c.login()
	case i < 97:
		c.logout()
	default:
		c.isDead()
	}
}

// tell enters how it has ended that an entry was set.
func tell(l *ledger.Last, v int, got reply) {
	if errors.Is(got.err, context.Canceled) {
		l.Leave(v) // the application goes on with it
		return
	}
	l.Tell(v, got.Outcome)
}

// begin begins a session.
func (c *client) begin() {
	c.count, c.pair, c.adrift = ledger.Count{}, ledger.Last{}, false
	got := c.ask("/start", "")
	if got.Outcome == application.Done {
		if c.key = got.Key; c.key == "" {
			c.wrong("client %d: a session was acknowledged, and no key was told", c.number)
		}
	}
}

// lives checks that the session is not said to have gone.
func (c *client) lives(got reply) {
	if got.Outcome != application.Gone {
		return
	}
	if !c.adrift {
		c.wrong("client %d: logged out, by %d", c.number, got.status)
	}
	c.key = ""
}

func (c *client) sharedLives(got reply) {
	if got.Outcome == application.Gone {
		c.wrong("client %d: the session of all is said to have gone, by %d", c.number, got.status)
	}
}

// sees compares what a page shows with what the client was told.
func (c *client) sees(got reply) {
	if got.Outcome != application.Done {
		return
	}
	c.holds(c.count.See(got.Page.N), "client %d", c.number)
	c.holds(c.pair.See(got.Page.A), "client %d", c.number)
	if got.Page.A != got.Page.B {
		c.wrong("client %d: half of a pair: %d and %d", c.number, got.Page.A, got.Page.B)
	}
}

func (c *client) login() {
	got := c.ask("/login", c.key, "user", "ann")
	switch got.Outcome {
	case application.Done:
		if got.Key == "" || got.Key == c.key {
			c.wrong("client %d: a login was acknowledged, and no new key was told", c.number)
			return
		}
		c.dead, c.key, c.adrift = append(c.dead, c.key), got.Key, false
	case application.Unknown:
		c.adrift = true
	default:
		c.lives(got)
	}
}

func (c *client) logout() {
	switch got := c.ask("/logout", c.key); got.Outcome {
	case application.Done:
		c.dead, c.key = append(c.dead, c.key), ""
	case application.Unknown:
		c.adrift = true
	default:
		c.lives(got)
	}
}

// isDead comes with a key that opens nothing any more.
func (c *client) isDead() {
	if len(c.dead) == 0 {
		return
	}
	key := c.dead[c.chance.IntN(len(c.dead))]
	page := []string{"/read", "/increment", "/pair"}[c.chance.IntN(3)]
	var err error
	if got := c.ask(page, key, "v", "1"); got.Outcome == application.Done {
		err = fmt.Errorf("%s was answered with %d, of a session that had ended", page, got.status)
	}
	c.holds(err, "client %d", c.number)
}
