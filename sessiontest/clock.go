package sessiontest

import (
	"sync"
	"time"

	"github.com/seed7368b609/gormsession"
)

// A Clock stands still until the test moves it. The zero value stands at the zero time, at which no
// session can live: use [NewClock]. It is safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock stands at the time at which it is made.
func NewClock() *Clock { return &Clock{now: time.Now()} }

// Now is what the clock says.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Option has sessions go by the clock.
func (c *Clock) Option() gormsession.Option { return gormsession.WithClock(c.Now) }
