package engine

import (
	"context"
	"sync"
)

// Lanes let the saves of one session in this process follow each other, each on what the one before
// has left, so that a session that many requests write takes one connection, and not the pool, and
// no save waits for a row lock. Saves of other processes are met by the guard of each statement.
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

// enter waits for the turn of a save, and returns its lane.
func (l *lanes) enter(ctx context.Context, key rowKey) (*lane, error) {
	l.mu.Lock()
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
	l.mu.Unlock()
	select {
	case own.turn <- struct{}{}:
		return own, nil
	case <-ctx.Done():
		l.forget(key, own)
		return nil, undone{ctx.Err()}
	}
}

// leave ends a turn.
func (l *lanes) leave(key rowKey, own *lane, left *Record) {
	own.last = left
	<-own.turn
	l.forget(key, own)
}

// forget counts one user less, and nobody keeps what nobody uses.
func (l *lanes) forget(key rowKey, own *lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if own.users--; own.users == 0 {
		own.last = nil
		delete(l.lanes, key)
		l.idle.Put(own)
	}
}
