package gormsession

import (
	"cmp"
	"context"
	"errors"
	"log/slog"

	"github.com/seed7368b609/gormsession/internal/engine"
	"github.com/seed7368b609/gormsession/internal/sessionkey"
	"github.com/seed7368b609/gormsession/internal/verdict"
)

// An Event is what has become of a session, or of a request for one, for audits, alarms and
// metrics. It never holds a session key, nor anything of a session's data but its user.
type Event struct {
	Kind EventKind
	// Handle is that of [State.Handle], "" where no session has a part in it, or several.
	Handle string
	// UserID is who has logged in by [State.LogIn], as far as the request has looked.
	UserID string
	// Why says more, in a few words that are always the same, "" where there is no more to say. Of
	// Unavailable it is the cause: "unreachable" where nobody takes the call, "timeout", "canceled"
	// by whoever asked, "no connection" where the pool has given none in time, "connection lost",
	// "busy" where the database undoes it in favour of others all the time, "outcome unknown",
	// "codec" where the key of sealed data is missing, and "database" for whatever else the
	// database says.
	Why string
	// Path is that of the request's URL, "" outside of one.
	Path string
	// Count is how many sessions it is about.
	Count int64
}

// EventKind says what has happened.
type EventKind string

// The kinds of events.
const (
	// Created: a session has got its first row.
	Created EventKind = "created"
	// LoggedIn: a login by [State.LogIn] is saved.
	LoggedIn EventKind = "logged in"
	// Cycled: a new key is saved, by [State.CycleKey], or by [WithKeyRotation] ("rotation").
	Cycled EventKind = "cycled"
	// Ended: sessions were ended, by a logout, by [Plugin.End], EndOthers or EndAll, or by
	// [Plugin.Delete] or DeleteRow.
	Ended EventKind = "ended"
	// Expired: the absolute lifetime of a session was over when it was looked for.
	Expired EventKind = "expired"
	// Rejected: what a client has brought is no session, or what was to be saved is refused.
	Rejected EventKind = "rejected"
	// Conflict: a session has gone while a request of it ran, which was answered with 400.
	Conflict EventKind = "conflict"
	// Unavailable: the database has failed a request, which was answered with 503.
	Unavailable EventKind = "unavailable"
)

// An EventHandler hears of each event once it has happened, before the response leaves. It is
// called concurrently, and while the session is loaded or saved, so it must be quick and must not
// use the session, nor call the plugin with ctx, which is that of the request.
type EventHandler interface {
	HandleEvent(ctx context.Context, e Event)
}

// WithEvents tells a handler of the events in the life of sessions; each of several such options
// adds one. The default, and nil, is nobody. [LogEvents] makes one that logs.
func WithEvents(h EventHandler) Option {
	return func(o *options) {
		if h != nil {
			o.events = append(o.events, h)
		}
	}
}

// eventHandlers are those of all options.
type eventHandlers []EventHandler

// HandleEvent implements EventHandler.
func (hs eventHandlers) HandleEvent(ctx context.Context, e Event) {
	for _, h := range hs {
		h.HandleEvent(ctx, e)
	}
}

// LogEvents is a handler that logs each event, at the level Info, or Warn for what is rejected,
// meets a conflict, or fails. nil is [slog.Default] at the time of each, as for [WithLogger].
func LogEvents(l *slog.Logger) EventHandler { return eventLog{l} }

type eventLog struct{ log *slog.Logger }

// HandleEvent implements EventHandler.
func (l eventLog) HandleEvent(ctx context.Context, e Event) {
	level := slog.LevelInfo
	switch e.Kind {
	case Rejected, Conflict, Unavailable:
		level = slog.LevelWarn
	}
	args := []slog.Attr{slog.String("event", string(e.Kind)), slog.Int64("count", e.Count)}
	for _, a := range []slog.Attr{
		slog.String("session", e.Handle), slog.String("user", e.UserID),
		slog.String("why", e.Why), slog.String("path", e.Path),
	} {
		if a.Value.String() != "" {
			args = append(args, a)
		}
	}
	cmp.Or(l.log, slog.Default()).
		LogAttrs(ctx, level, "gormsession: session "+string(e.Kind), args...)
}

// happened tells the handler of an event of this session. mu is held.
func (s *State) happened(kind EventKind, why string) {
	if len(s.p.opts.events) == 0 {
		return
	}
	s.tell(Event{
		Kind: kind, Handle: s.handle(), UserID: userName(s.entries[userEntry]), Why: why, Count: 1,
	})
}

func (s *State) tell(e Event) {
	e.Path = s.path
	_ = s.lend(func() error {
		s.p.opts.events.HandleEvent(s.ctx, e)
		return nil
	})
}

// ended tells the handler of sessions that something else than a logout has ended, if it has.
func (p *Plugin) ended(ctx context.Context, e Event) {
	if len(p.opts.events) > 0 && e.Count > 0 {
		e.Kind = Ended
		p.opts.events.HandleEvent(ctx, e)
	}
}

// buried tells of a session that was ended by this request.
func (s *State) buried(key string) {
	if len(s.p.opts.events) > 0 {
		s.tell(Event{Kind: Ended, Handle: sessionkey.Handle(key), UserID: s.leaving,
			Why: "logout", Count: 1})
	}
}

// did notes what has come of a step, and tells of it unless a transaction of the application's is
// to decide.
func (p *persisting) did(step verdict.Step, o verdict.Outcome, before standing) {
	switch step {
	case verdict.Confirm, verdict.Redeem:
		p.redeemed(o)
	case verdict.Insert, verdict.Update, verdict.Rekey:
		switch {
		case o == verdict.Elsewhere:
		case p.within != nil:
			p.pledged(step, before)
		default:
			p.stepped(step)
		}
	}
}

// stepped tells of a step that was done.
func (p *persisting) stepped(step verdict.Step) {
	if step == verdict.Insert {
		p.happened(Created, "")
	}
	switch {
	case step != verdict.Insert && step != verdict.Rekey:
	case p.loggedIn:
		p.loggedIn = false
		p.happened(LoggedIn, "")
		p.limit()
	case step == verdict.Rekey && p.turned:
		p.happened(Cycled, "rotation")
	case step == verdict.Rekey:
		p.happened(Cycled, "")
	}
}

// missed tells of a session that a request has asked for in vain.
func (s *State) missed() {
	switch {
	case !s.came.Present:
	case s.c.Cookie == verdict.Malformed:
		s.happened(Rejected, "malformed key")
	case s.c.Cookie == verdict.Several:
		s.happened(Rejected, "several cookies")
	default:
		s.happened(Rejected, "unknown or expired key")
	}
}

// failed tells of a request that has failed.
func (s *State) failed(err error) {
	if !errors.Is(err, ErrUserLimit) { // which was told when it was refused
		s.happened(whyOf(err))
	}
}

// whyOf says of an error what it is for whoever counts: of those of the database also the cause,
// see engine.Cause.
func whyOf(err error) (kind EventKind, why string) {
	switch {
	case err == nil:
		return "", ""
	case errors.Is(err, ErrInterrupted):
		return Conflict, "gone meanwhile"
	case errors.Is(err, ErrOutcomeUnknown), errors.Is(err, ErrUnavailable):
		return Unavailable, engine.Cause(err)
	case errors.Is(err, ErrUserLimit):
		return Rejected, "user limit"
	case errors.Is(err, ErrTooLarge):
		return Rejected, "too large"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return Rejected, "canceled" // between two rows of a move, a fill or a reseal
	}
	return Rejected, "not to be saved"
}
