package gormsession

import (
	"errors"
	"log/slog"

	"github.com/seed7368b609/gormsession/internal/engine"
	"github.com/seed7368b609/gormsession/internal/sessionkey"
)

// log reports an error at the end of a request.
func (p *Plugin) log(s *State, message string, err error) {
	level := slog.LevelError
	args := []any{"session", s.handle(), "path", s.path, "error", engine.Detail(err)}
	if errors.Is(err, ErrInterrupted) { // a logout that won: nothing is wrong
		level, args = slog.LevelWarn, append(args, "because", s.fate())
	}
	_ = s.lend(func() error {
		p.opts.log().Log(s.ctx, level, message, args...)
		return nil
	})
}

// fate says where a session has gone that this request had loaded, as far as it can be told.
func (s *State) fate() string {
	if !s.row.Expire.After(s.now()) {
		return "by what this request had loaded the session has expired while the request ran"
	}
	return "after this request had loaded the session its row was deleted, by a logout or a DELETE " +
		"of the application's own, or was ended by another request's SetExpiry, or went to " +
		"another key, by CycleKey in another request: " +
		"a handler that deletes the rows of its own user calls Flush first"
}

// warnOnce logs a warning about an entry once in a request.
func (s *State) warnOnce(name, message string, err error) {
	if s.mismatch[name] {
		return
	}
	if s.mismatch == nil {
		s.mismatch = make(map[string]bool)
	}
	s.mismatch[name] = true
	s.warn(message, "entry", name, "error", err)
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
		"sessions", handlesOf(s.rivals), "more", s.crowd, "live", handlesOf(live))
}

func handlesOf(keys []string) []string {
	handles := make([]string, len(keys))
	for i, key := range keys {
		handles[i] = sessionkey.Handle(key)
	}
	return handles
}
