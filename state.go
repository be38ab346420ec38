package gormsession

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/seed7368b609/gormsession/internal/changes"
	"github.com/seed7368b609/gormsession/internal/engine"
	"github.com/seed7368b609/gormsession/internal/header"
	"github.com/seed7368b609/gormsession/internal/verdict"
)

// A State is a session as a handler sees it during one request. It is loaded at the first access to
// its data, by one SELECT, and saved once the handler has returned, where something was changed. A
// request that does not touch it costs nothing.
//
// Values are encoded when they are set, so what Set accepted is what the next request gets, and
// decoded afresh when they are read: changing what Get returned changes nothing. Numbers come back
// as int64 where they are integers that fit, as json.Number where they are integers that do not,
// and as float64 otherwise, in the request that set them and in the next one.
//
// Errors are sticky, as those of bufio.Writer: after a failed load the methods return zero values
// and do nothing, Err says why, and the response is 503 whatever the handler wrote. So a handler
// need not check each call, and nobody is "logged out" by a database fault.
//
// The entries _session_expiry, _session_start, _flashes, _user, _device and _rotation are the
// library's own. They can be read by name, but only SetExpiry and its like, Flash, Flashes, LogIn
// and Clear change them: anything else is [ErrReserved].
//
// A State is safe for concurrent use within its request. Code that runs inside of a load or a save,
// such as a hook, must not use it, and a function of Modify's may only read it: see [ErrReentrant].
// After the request it is closed: reads give what was loaded, and writes are
// dropped with a log line (ErrClosed).
type State struct {
	p    *Plugin
	ctx  context.Context
	home *engine.Table // where the row is, if there is one

	inRequest bool // ctx is a request's: its end does not cut a load or a save short
	path      string

	mu        sync.Mutex
	spent     budget
	operating context.Context // of the operation that runs, where somebody is told of it
	came      header.Brought  // the keys that the request came with

	keeper header.Keeper // of the client's key, once it is asked for

	key     string        // of the row that is stored; "" if there is none, or none that counts
	row     engine.Record // what the row holds, as far as this request knows
	entries map[string]json.RawMessage
	log     changes.Log

	nextKey  string   // CycleKey was called: the key to move to
	doomed   []string // the keys whose rows Flush deletes, until that is done
	leaving  string   // the user whose session Flush has ended, as far as that is known
	loggedIn bool     // by LogIn, until that is saved
	turn     *turn    // the session is to get nextKey by itself, or nil

	within *engine.Transaction // of the SaveIn that runs, or nil
	pledge *pledge             // of SaveIn, until it is known how its transaction has ended

	flushedIn *engine.Transaction // the last SaveIn's before a Flush, or nil

	c   verdict.Case // what the end of the request depends on
	err error        // sticky; c.Trouble says of which kind

	answer
	inside
	said said
}

// fail sets the sticky error, of which the first counts.
func (s *State) fail(err error) {
	if s.err != nil {
		return
	}
	s.err = err
	trouble := verdict.Fault
	if isMisuse(err) {
		trouble = verdict.Misuse
	}
	s.c = s.c.Fail(trouble)
}

// Load loads the session now, if it is not loaded yet, and returns the sticky error. After the
// request it is too late: a session that was not loaded then is [ErrClosed].
func (s *State) Load() error {
	s = s.look()
	defer s.mu.Unlock()
	if !s.load() && s.err == nil {
		return ErrClosed
	}
	return s.err
}

// Err returns the sticky error: nil, or one that wraps [ErrUnavailable] after a failed load,
// [ErrEncode] or [ErrTooLarge] after a value that cannot be stored, [ErrReserved] or [ErrReentrant]
// after a call that cannot be, or what a save has ended with that is not tried again.
func (s *State) Err() error {
	s = s.look()
	defer s.mu.Unlock()
	return s.err
}

// Accessed reports whether the session's data was looked at in this request.
func (s *State) Accessed() bool {
	s = s.look()
	defer s.mu.Unlock()
	return s.c.Look == verdict.Read
}

// Modified reports whether the session was changed, or touched, in this request. Saving does not
// reset it, as in Django.
func (s *State) Modified() bool {
	s = s.look()
	defer s.mu.Unlock()
	return s.c.Modified() || s.c.Touched
}

// Touch renews the expiry of a live session, and its cookie, without a change (Django's
// session.modified = True).
func (s *State) Touch() {
	s = s.enter()
	defer s.mu.Unlock()
	if s.phase == closed {
		s.tooLate("")
		return
	}
	if s.barred() {
		return
	}
	s.c = s.c.Renew()
}

// now is the one clock.
func (s *State) now() time.Time { return s.p.store.Own.Now() }
