package gormsession

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/seed7368b609/gormsession/internal/changes"
	"github.com/seed7368b609/gormsession/internal/engine"
	"github.com/seed7368b609/gormsession/internal/header"
	"github.com/seed7368b609/gormsession/internal/sessionkey"
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

// adopt takes what was found in a row for the session, unless it cannot be decoded: then the
// session is empty and the row left alone. A codec that cannot decode it now, as it has no key for
// it, says nothing about the session.
func (s *State) adopt(home *engine.Table, r engine.Record) (verdict.Outcome, error) {
	entries, err := home.Decode(r)
	if errors.Is(err, ErrUnavailable) {
		return 0, err
	}
	if err != nil {
		s.p.opts.log().
			Warn("gormsession: Session data corrupted", "session", sessionkey.Handle(s.key), "error", err)
		s.key = ""
		s.happened(Rejected, "damaged row")
		return verdict.Damaged, nil
	}
	if next := successor(s.key, entries); next != "" {
		return s.succeed(next)
	}
	if s.p.opts.lives.IsOver(entries, s.now()) { // Django knows of no absolute lifetime
		s.happened(Expired, "absolute lifetime")
		return s.miss(), nil
	}
	r.Entries = entries
	s.home, s.row, s.entries = home, r, entries
	return verdict.Done, nil
}

// succeed takes the session of the key that has replaced the one that was brought.
func (s *State) succeed(key string) (verdict.Outcome, error) {
	ctx, cancel := s.deadline()
	defer cancel()
	at, err := s.p.store.Seek(ctx, key, successor)
	switch {
	case errors.Is(err, engine.ErrDamaged):
		s.key = ""
		s.happened(Rejected, "damaged row")
		return verdict.Damaged, nil
	case err != nil:
		return 0, err
	case at.Home == nil:
		s.missed()
		return s.miss(), nil
	}
	s.key, s.c = at.Key, s.c.Succeed()
	return s.adopt(at.Home, at.Row)
}

// miss notes that no row has the key. A row that is made gets a key of its own.
func (s *State) miss() verdict.Outcome {
	s.key = ""
	return verdict.Missed
}

// choose notes which of the keys that the request came with counts.
func (s *State) choose(key string) {
	s.key, s.came = key, header.Brought{Present: true, Key: key}
	s.c = s.c.Alone()
}

// noteSaved notes what the row holds now, and where it is.
func (s *State) noteSaved(key string, r engine.Record, home *engine.Table) {
	s.key, s.home, s.row, s.entries, s.log, s.nextKey = key, home, r, r.Entries, nil, ""
	s.turn = nil
}

// noteMoved notes where the row went meanwhile, and what the request makes of what is there.
func (s *State) noteMoved(home *engine.Table, r engine.Record, entries map[string]json.RawMessage) {
	s.home, s.row, s.entries = home, r, entries
}

// doom notes whose rows are to be deleted.
func (s *State) doom() {
	switch {
	case len(s.came.Rivals) > 0:
		if s.came.Crowd {
			s.warnOfRivals("and not all of them are looked up to be ended", nil)
		}
		s.doomed = append(s.doomed, s.came.Rivals...)
		if s.c.Known() && s.key != "" { // a session that this request has made beside them
			s.doomed = append(s.doomed, s.key)
		}
	case s.key != "":
		s.doomed = append(s.doomed, s.key)
		s.doomPledged()
	case s.c.Row == verdict.Unreadable:
		s.doomed = append(s.doomed, s.came.Key)
	}
}

// doomPledged notes the other keys of which one may be the session's, as a transaction decides.
func (s *State) doomPledged() {
	if s.pledge == nil {
		return
	}
	s.flushedIn = s.pledge.in
	for _, k := range s.pledge.keys {
		if k.key != "" && k.key != s.key {
			s.doomed = append(s.doomed, k.key)
		}
	}
}

// forget makes the session one that nobody has.
func (s *State) forget() {
	s.leaving, s.loggedIn = userName(s.entries[userEntry]), false
	s.key, s.row, s.entries, s.log, s.nextKey = "", engine.Record{}, nil, nil, ""
	s.came.Rivals, s.pledge = nil, nil
}

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
	err := apply(s.entries)
	if err == nil {
		err = s.admit(s.entries, s.row.Entries)
	}
	if err != nil {
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
	s.depend(verdict.Read)
	return s.fetch(primary) && s.err == nil
}

func (s *State) tooLate(name string) {
	if s.said.first("a write after the end") {
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

// now is the one clock.
func (s *State) now() time.Time { return s.p.store.Own.Now() }
