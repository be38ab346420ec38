package response

import (
	"net/http"
	"reflect"
	"sync"
	"sync/atomic"
)

// A Reach finds out whether what is written to another writer comes to one of ours, which says
// whenever it shows its header, and is asked to push. Several goroutines may ask, and others may
// use our writer meanwhile.
type Reach struct {
	turn   sync.Mutex
	asking atomic.Bool
	header atomic.Uintptr // that our writer has shown meanwhile
	pushes atomic.Bool
}

// By tells whether what is written to other comes to ours: it is that writer, or a wrapper of it. A
// wrapper need not show what it wraps, but passes a call on.
func (r *Reach) By(ours, other http.ResponseWriter) bool {
	if r.Shares(ours, other) {
		return true
	}
	defer r.ask()()
	switch other := other.(type) { // for those with a header of their own
	case interface{ Pusher() http.Pusher }: // gin's
		other.Pusher()
	case http.Pusher: // http.TimeoutHandler's
		_ = other.Push(question, nil)
	}
	return r.pushes.Load()
}

// Shares tells whether the header of other is that of ours.
func (r *Reach) Shares(ours, other http.ResponseWriter) bool {
	for at := range Wrapped(other) {
		if at == ours {
			return true
		}
	}
	defer r.ask()()
	header := reflect.ValueOf(other.Header()).Pointer()
	return header != 0 && header == r.header.Load()
}

// ask begins a question, and done ends it.
func (r *Reach) ask() (done func()) {
	r.turn.Lock()
	r.header.Store(0)
	r.pushes.Store(false)
	r.asking.Store(true)
	return func() {
		r.asking.Store(false)
		r.turn.Unlock()
	}
}

// question is what no server pushes.
const question = ""

// Shown says that our writer has shown its header.
func (r *Reach) Shown(header http.Header) {
	if r.asking.Load() {
		r.header.Store(reflect.ValueOf(header).Pointer())
	}
}

// Pushes says that our writer is asked to push, or whether it can, and tells whether that was but a
// question of By.
func (r *Reach) Pushes(target string) bool {
	asked := target == question && r.asking.Load()
	if asked {
		r.pushes.Store(true)
	}
	return asked
}
