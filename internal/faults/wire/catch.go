package wire

import "sync"

// A Way is what becomes of a statement that is caught.
type Way string

// But for the last, the client's connection is gone, and with it what the client knows.
const (
	AnswerLost Way = "its answer is lost"
	Lost       Way = "it is lost"
	Held       Way = "it is held, and arrives once it is released"
	Slow       Way = "it is slow, and arrives once it is released"
)

// A Catch is a statement that is caught, or is to be.
type Catch struct {
	way       Way
	meanwhile func()

	caught, over, free chan struct{}
	release            func()
}

// NewCatch has meanwhile, unless it is nil, happen before the client knows that its connection has
// gone: of an answer that is lost once the server has given it.
func NewCatch(way Way, meanwhile func()) *Catch {
	c := &Catch{
		way: way, meanwhile: meanwhile,
		caught: make(chan struct{}), over: make(chan struct{}), free: make(chan struct{}),
	}
	c.release = sync.OnceFunc(func() { close(c.free) })
	return c
}

// Caught is closed once there is such a statement.
func (c *Catch) Caught() <-chan struct{} { return c.caught }

// CaughtBefore waits for such a statement, or for something else, and tells whether there was one.
func (c *Catch) CaughtBefore(end <-chan struct{}) bool {
	select {
	case <-c.caught:
		return true
	case <-end:
	}
	select {
	case <-c.caught:
		return true
	default:
		return false
	}
}

// Over is closed once nothing more will come of it.
func (c *Catch) Over() <-chan struct{} { return c.over }

// Release lets a statement arrive that is held.
func (c *Catch) Release() { c.release() }

func (c *Catch) happen() {
	if c.meanwhile != nil {
		c.meanwhile()
	}
}
