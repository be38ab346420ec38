package gormsession

import (
	"errors"
	"log/slog"
)

// log reports an error at the end of a request.
func (p *Plugin) log(s *State, message string, err error) {
	level := slog.LevelError
	args := []any{"session", s.handle(), "path", s.path, "error", detailOf(err)}
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
	if !s.row.expire.After(s.now()) {
		return "by what this request had loaded the session has expired while the request ran"
	}
	return "after this request had loaded the session its row was deleted, by a logout or a DELETE " +
		"of the application's own, or was ended by another request's SetExpiry, or went to " +
		"another key, by CycleKey in another request: " +
		"a handler that deletes the rows of its own user calls Flush first"
}
