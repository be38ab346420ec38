package engine

import (
	"context"
	"sync"
	"time"
)

// Lanes let the saves of one session in this process follow each other, each on what the one before
// has left, so that a session that many requests write takes one connection, and not the pool, and
// hardly a save waits for a row lock. They are for speed alone: what makes a save right is the
// guard of its statement, by which those of other processes are met. So nobody waits in a lane for
// more than half of the time that is left, as behind a save that hangs, or that waits for this one.
type lanes struct {
	mu    sync.Mutex
	lanes map[rowKey]*lane
	idle  sync.Pool // of lanes that nobody uses
}

// A lane is that of one session.
type lane struct {
	turn  chan struct{} // full while somebody saves; those who wait come in turn
	users int           // who saves, and who waits; under the mutex of lanes
	last  *Record       // what the last save has left, for those who have waited meanwhile
}

// inLane runs a save in its turn, if that comes in time. The save is given what the last one has
// left, nil if nobody knows, and returns what it leaves itself.
func (l *lanes) inLane(
	ctx context.Context, key rowKey, save func(last *Record) (left *Record),
) {
	if within(ctx) != nil {
		save(nil) // it may have to wait for a save in the lane, which waits for this transaction
		return
	}
	own := l.join(key)
	defer l.part(key, own)
	if !own.wait(ctx) {
		save(nil)
		return
	}
	var left *Record
	defer func() { // also where the application's model has panicked
		own.last = left
		<-own.turn
	}()
	left = save(own.last)
}

// wait waits for the turn, and tells whether it has come.
func (own *lane) wait(ctx context.Context) bool {
	select {
	case own.turn <- struct{}{}:
		return true
	default:
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		return false
	}
	timer := time.NewTimer(time.Until(deadline) / 2)
	defer timer.Stop()
	select {
	case own.turn <- struct{}{}:
		return true
	case <-timer.C:
		return false
	}
}

// join finds the lane of a session.
func (l *lanes) join(key rowKey) *lane {
	l.mu.Lock()
	defer l.mu.Unlock()
	own := l.lanes[key]
	if own == nil {
		if own, _ = l.idle.Get().(*lane); own == nil {
			own = &lane{turn: make(chan struct{}, 1)}
		}
		if l.lanes == nil {
			l.lanes = make(map[rowKey]*lane)
		}
		l.lanes[key] = own
	}
	own.users++
	return own
}

// part leaves a lane. Nobody keeps what nobody uses.
func (l *lanes) part(key rowKey, own *lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if own.users--; own.users == 0 {
		own.last = nil
		delete(l.lanes, key)
		l.idle.Put(own)
	}
}
