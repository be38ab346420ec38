package gormsession

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/seed7368b609/gormsession/internal/changes"
	"github.com/seed7368b609/gormsession/internal/engine"
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
// The entries _session_expiry and _flashes are the library's own. They can be read by name, but
// only SetExpiry and its like, Flash, Flashes and Clear change them: anything else is
// [ErrReserved].
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
	cookieKey string   // the key that the request came with, if it was well formed
	rivals    []string // the keys that it came with, if several: one counts if it alone is live
	crowd     bool     // it came with more of them than rivals has

	key     string        // of the row that is stored; "" if there is none, or none that counts
	row     engine.Record // what the row holds, as far as this request knows
	entries map[string]json.RawMessage
	log     changes.Log

	nextKey string   // CycleKey was called: the key to move to
	doomed  []string // the keys whose rows Flush deletes, until that is done

	c     verdict.Case // what the end of the request depends on
	phase phase
	err   error // sticky; c.Trouble says of which kind

	unsaid   bool            // the header has left and does not say that it depends on the cookie
	late     bool            // a write after the end was logged
	mismatch map[string]bool // entries of which it was logged that they cannot be read

	inside
}

// phase is how far the request is.
type phase uint8

const (
	handling phase = iota // the header has not left, or left as it should
	broken                // the response is an error: only a Flush is carried out from now on
	closed
)

// change does one step to the entries and notes it in the log. mu is held.
func (s *State) change(name string, c changes.Change) bool {
	return s.writable(name) && s.do(c.Apply, c)
}

// do is change by apply, in the place of what the log is to do. mu is held.
func (s *State) do(apply func(map[string]json.RawMessage) error, c changes.Change) bool {
	if s.entries == nil {
		s.entries = make(map[string]json.RawMessage)
	} else if len(s.log) == 0 {
		s.entries = maps.Clone(s.entries) // those of the row stay as they were loaded
	}
	if err := apply(s.entries); err != nil {
		s.fail(err)
		return false
	}
	s.log = append(s.log, c)
	s.c = s.c.Change()
	return true
}

// writable loads, and reports whether a write can be done.
func (s *State) writable(name string) bool { return !s.barred() && s.open(name) }

// open is writable for what has come in.
func (s *State) open(name string) bool {
	if s.phase == closed {
		s.tooLate(name)
		return false
	}
	return s.load() && s.err == nil
}

func (s *State) tooLate(name string) {
	if !s.late {
		s.late = true
		_ = s.lend(func() error {
			s.p.opts.log().
				Error("gormsession: a write to a session after its request was dropped; "+
					"open it with Plugin.Open in what outlives the request",
					"session", s.handle(), "entry", name, "error", ErrClosed)
			return nil
		})
	}
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

// Err returns the sticky error: nil, or one that wraps [ErrUnavailable] after a failed load, or
// [ErrEncode] after a value that cannot be stored, or [ErrReserved] or [ErrReentrant] after a call
// that cannot be.
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

// Logger returns the logger of the plugin, see [WithLogger], for packages that build on sessions. A
// State itself, as a value of a log line, is its handle.
func (s *State) Logger() *slog.Logger { return s.p.opts.log() }

// String returns "session" and the handle, never the key.
func (s *State) String() string { return "session " + s.name() }

// name is the handle for logs: no reason for Vary, and none to fail inside of a load or a save.
func (s *State) name() string {
	if s.lentHere() && s.standIn.Load() == nil {
		return "in use"
	}
	s = s.look()
	defer s.mu.Unlock()
	return s.handle()
}

// GoString is String.
func (s *State) GoString() string { return s.String() }

// Format prints String for every verb: none of them may show the key.
func (s *State) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// LogValue logs the handle, never the key.
func (s *State) LogValue() slog.Value { return slog.StringValue(s.name()) }

// now is the one clock.
func (s *State) now() time.Time { return s.p.store.Own.Now() }
