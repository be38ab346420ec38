package gormsession

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/seed7368b609/gormsession/internal/engine"
	"github.com/seed7368b609/gormsession/internal/sessionkey"
)

// log reports an error at the end of a request.
func (p *Plugin) log(s *State, message string, err error) {
	level := slog.LevelError
	args := []any{"session", s.handle(), "path", s.path, "error", engine.Detail(err)}
	switch {
	case errors.Is(err, ErrInterrupted): // a logout that won: nothing is wrong
		level, args = slog.LevelWarn, append(args, "because", s.fate())
	case errors.Is(err, ErrUserLimit): // nor here
		level = slog.LevelWarn
	}
	_ = s.lend(func() error {
		p.opts.log().Log(s.ctx, level, message, args...)
		return nil
	})
	s.failed(err)
}

// fate says where a session has gone that this request had loaded, as far as it can be told.
func (s *State) fate() string {
	if s.row.Near || s.p.opts.late > 0 && s.row.Expire.IsZero() { // which is what reload leaves
		return "the session has ended, or has got another key, and a replica still had it when this " +
			"request loaded it"
	}
	if !s.row.Expire.After(s.now()) {
		return "by what this request had loaded the session has expired while the request ran"
	}
	return "after this request had loaded the session its row was deleted, by a logout or a DELETE " +
		"of the application's own, or was ended by another request's SetExpiry, or went to " +
		"another key, by CycleKey in another request: " +
		"a handler that deletes the rows of its own user calls Flush first"
}

// said is what was logged of a session that is to be logged once.
type said map[string]bool

// first tells whether that is still to be said, and notes it.
func (s *said) first(what string) bool {
	if (*s)[what] {
		return false
	}
	if *s == nil {
		*s = make(said)
	}
	(*s)[what] = true
	return true
}

// warnOnce logs a warning about an entry once in a request.
func (s *State) warnOnce(name, message string, err error) {
	if s.said.first("of entry " + name) {
		s.warn(message, "entry", name, "error", err)
	}
}

// warn logs a warning about the session. mu is held.
func (s *State) warn(message string, args ...any) {
	_ = s.lend(func() error {
		s.p.opts.log().Warn(message, append([]any{"session", s.handle()}, args...)...)
		return nil
	})
}

// warnOfRivals says that several cookies of the name came.
func (s *State) warnOfRivals(what string, live []string) {
	s.warn("gormsession: a request brings several cookies of the session's name, "+what+
		": another host of the domain may have set one, which a name that begins with __Host- "+
		"prevents", "cookie", s.p.opts.cookieName, "path", s.path,
		"sessions", handlesOf(s.came.Rivals), "more", s.came.Crowd, "live", handlesOf(live))
}

func handlesOf(keys []string) []string {
	handles := make([]string, len(keys))
	for i, key := range keys {
		handles[i] = sessionkey.Handle(key)
	}
	return handles
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
