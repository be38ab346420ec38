package gormsession

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/seed7368b609/gormsession/internal/changes"
	"github.com/seed7368b609/gormsession/internal/engine"
)

// Code of the application's runs inside of a session: a function of Modify's, which may read the
// session, and whatever a load or a save runs with the session locked: the function of WithModel,
// hooks, a codec, a logger. A call from there must not wait for itself. It is told from the calls
// of other goroutines, which merely wait for their turn, by the frames of its own stack, and those
// are looked at only while something runs inside. A goroutine that the code starts is another one.
//
// The frames do not say of which session they are. So code inside of one session that uses a second
// one at the very moment when another goroutine is inside of that is taken for inside of both, and
// refused. It never sees what another goroutine is changing.
type inside struct {
	modifying int                   // functions of Modify's that run, without mu
	replaying chan struct{}         // one that a save runs again, without mu; closed when it returns
	lent      atomic.Int32          // loads, saves and log lines that run, with mu held but then
	standIn   atomic.Pointer[State] // what a function of Modify's that a save runs again sees
	original  *State                // whose stand-in this State is, nil for a session itself
	meddled   atomic.Bool           // the session was used from inside: what runs must fail
}

var (
	errInModify = fmt.Errorf("%w: a function of Modify may read it, but not change or save it",
		ErrReentrant)
	errInSave = fmt.Errorf("%w: what runs while it is loaded or saved, such as the function of "+
		"WithModel, a hook, a codec or a logger, must not use it", ErrReentrant)
	errRestless = fmt.Errorf("%w: the entry changes whenever the function of Modify runs",
		ErrReentrant)
)

// enter locks the session for a call of the application's that may change it, and returns it, or
// what stands in for it where the call comes from inside.
func (s *State) enter() *State {
	if s.lentHere() {
		s = s.guest()
	}
	if !s.lock(false) {
		s.mu.Unlock()
		s = s.refused()
		s.mu.Lock()
	}
	return s
}

// look is enter for a call that reads alone, for which a function of Modify's may be waiting.
func (s *State) look() *State {
	if s.lentHere() {
		s = s.guest()
	}
	s.mu.Lock()
	return s
}

// lock locks the session for a change, which waits while a save runs a function of Modify's again.
// Unless it is patient it gives up once the time of that save is over, as the function may be
// waiting for the caller: the save fails then. mu is held in any case.
func (s *State) lock(patient bool) bool {
	s.mu.Lock()
	for s.replaying != nil {
		running, over := s.replaying, s.spent.ctx.Done()
		if patient {
			over = nil
		}
		s.mu.Unlock()
		select {
		case <-running:
			over = nil
		case <-over:
		}
		s.mu.Lock()
		if over != nil && s.replaying == running {
			s.meddled.Store(true)
			return false
		}
	}
	return true
}

// lentHere tells whether the caller runs inside of a load or a save.
func (s *State) lentHere() bool { return s.lent.Load() > 0 && calledFrom(lendEntry) }

// guest stands in for a session that is locked: by what the save sees for a function of Modify's,
// and by an error for anybody else.
func (s *State) guest() *State {
	if in := s.standIn.Load(); in != nil {
		return in
	}
	s.meddled.Store(true)
	return s.refused()
}

// refused stands in for a session that cannot be used now: each call ends in that error.
func (s *State) refused() *State {
	in := &State{p: s.p, ctx: s.ctx, home: s.p.store.Own, inside: inside{original: s}}
	in.fail(errInSave)
	return in
}

// barred reports whether a change comes from inside, and sets the sticky error then. mu is held.
func (s *State) barred() bool {
	switch {
	case s.original != nil:
		s.original.meddled.Store(true)
	case s.modifying == 0 || !calledFrom(asideEntry):
		return false
	}
	s.fail(errInModify)
	return true
}

// lend runs what may run code of the application's, with mu held. Where that has used the session
// the result is an error, which sticks.
//
//go:noinline
func (s *State) lend(f func() error) error {
	s.lent.Add(1)
	defer s.lent.Add(-1)
	err := f()
	if s.lent.Load() > 1 || !s.meddled.Swap(false) {
		return err
	}
	if !errors.Is(err, ErrReentrant) && !errors.Is(err, ErrOutcomeUnknown) {
		err = errInSave
	}
	s.fail(err)
	return err
}

// aside runs a function of Modify's without the lock. mu is held before and after, also in a panic.
//
//go:noinline
func (s *State) aside(f changes.Modifier, old json.RawMessage, ok bool) (json.RawMessage, error) {
	s.modifying++
	s.mu.Unlock()
	defer func() {
		if !s.lock(false) {
			s.fail(errInSave)
		}
		s.modifying--
	}()
	return f(old, ok)
}

// modifyAgain is the step of a Modify in a replay: f reads what the replay has made of the entries
// so far.
func (s *State) modifyAgain(name string, f changes.Modifier) changes.Change {
	return changes.Change{IsRelative: true, Apply: func(entries map[string]json.RawMessage) error {
		s.standIn.Store(&State{
			p: s.p, ctx: s.ctx, home: s.home, inRequest: s.inRequest,
			came: s.came, key: s.key, nextKey: s.nextKey, row: s.row,
			entries: maps.Clone(entries), c: s.c, inside: inside{original: s},
		})
		defer s.standIn.Store(nil)
		err := s.amid(func() error { return changes.Modify(entries, name, f) })
		if s.meddled.Load() {
			return errInModify
		}
		return err
	}}
}

// amid runs a function of Modify's in the middle of a save, without the lock: reads go on
// meanwhile, and changes wait. mu is held before and after, also in a panic.
func (s *State) amid(f func() error) error {
	running := make(chan struct{})
	s.replaying = running
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.replaying = nil
		close(running)
	}()
	return f()
}

var (
	lendEntry  = reflect.ValueOf((*State).lend).Pointer()
	asideEntry = reflect.ValueOf((*State).aside).Pointer()
)

// calledFrom tells whether the function that begins there is among the callers.
func calledFrom(entry uintptr) bool {
	var pcs [64]uintptr
	for skip := 2; ; skip += len(pcs) {
		n := runtime.Callers(skip, pcs[:])
		if n == 0 {
			return false
		}
		frames := runtime.CallersFrames(pcs[:n])
		for more := true; more; {
			var frame runtime.Frame
			if frame, more = frames.Next(); frame.Entry == entry {
				return true
			}
		}
	}
}

// heldContext is a session's context, by which the store finds the session. That of a request does
// not end with it: a client that goes away ends nothing that is asked for its session.
type heldContext State

func (c *heldContext) Deadline() (at time.Time, ok bool) {
	if c.inRequest {
		return at, false
	}
	return c.ctx.Deadline()
}

func (c *heldContext) Done() <-chan struct{} {
	if c.inRequest {
		return nil
	}
	return c.ctx.Done()
}

func (c *heldContext) Err() error {
	if c.inRequest {
		return nil
	}
	return c.ctx.Err()
}

func (c *heldContext) Value(key any) any {
	switch key {
	case engine.Session{}:
		return c
	case engine.Within{}:
		return c.within
	}
	return c.ctx.Value(key)
}

// Meddled is the error of a session that was used from inside: the engine asks for it before it
// commits a save.
func (c *heldContext) Meddled() error {
	if c.meddled.Load() {
		return errInSave
	}
	return nil
}
