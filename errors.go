package gormsession

import (
	"errors"
	"net/http"

	"github.com/seed7368b609/gormsession/internal/engine"
)

var (
	// ErrInterrupted is returned by a save when the session was deleted (a logout), or expired,
	// while the request ran. Nothing is saved: a logout is never undone by a slower request. It is
	// answered with 400, as Django's SessionInterrupted is. Where the connection was lost before,
	// which the text says then, it may have been saved before the session went.
	ErrInterrupted = engine.ErrInterrupted

	// ErrUnavailable is returned when the database did not answer, or not as it should. It says
	// nothing about the session: nobody is logged out because a database blinked. It is answered
	// with 503.
	ErrUnavailable = engine.ErrUnavailable

	// ErrRejected is returned by a save whose values the database has refused for good, such as a
	// text that is too long for a column of [WithModel], or which the model's own hook has refused.
	// Nothing of it is saved, and another try would end alike. It is answered with 500.
	ErrRejected = engine.ErrRejected

	// ErrClosed is logged, once per session and request, when a session is written after its
	// request has ended, such as by a goroutine that outlives the handler. The change is dropped.
	// [Plugin.Open] opens a session outside of a request.
	ErrClosed = errors.New("gormsession: the session's request has ended")

	// ErrEncode is the error of a value that cannot be stored, such as a channel, NaN, or an entry
	// that is of another type than [Field.Modify] expects. It sticks to the session, nothing of
	// which is saved, and is answered with 500.
	ErrEncode = engine.ErrEncode

	// ErrTooLarge is the error of a session that would have more bytes, entries or waiting messages
	// than [WithMaxBytes], [WithMaxEntries] and [WithMaxFlashes] allow. It sticks to the session,
	// nothing of which is saved: what the row holds stays. It names the entry, and is answered with
	// 500.
	ErrTooLarge = engine.ErrTooLarge

	// ErrUserLimit is the error of a login that [WithUserLimitRefusing] refuses: the user has as
	// many sessions as there may be. It sticks to the session, nothing of which is saved, until
	// [State.Discard]. It is answered with 403.
	ErrUserLimit = engine.ErrUserLimit

	// ErrReserved is the error of a change to an entry that the library keeps for itself, such as
	// _session_expiry, _session_start, _flashes, _user, _device or _rotation, by its name: that is for
	// SetExpiry, Flash and LogIn, whatever name a visitor has chosen. It sticks to the session,
	// nothing of which is saved, and is answered with 500.
	ErrReserved = errors.New(
		"gormsession: the entry is the library's own, for SetExpiry, Flash or LogIn alone",
	)

	// ErrReentrant is the error of a session that was used from inside of itself: changed or saved
	// by a function of [State.Modify]'s, which may only read it, or used by what runs while it is
	// loaded or saved, such as the function of [WithModel], a hook, a codec or a logger. It sticks
	// to the session, nothing of which is saved, and is answered with 500.
	ErrReentrant = engine.ErrReentrant

	// ErrHeaderSent is reported when a new session, or a new key of one, was asked for after the
	// response's header had left, or before a Hijack that sends none, so that the client cannot be
	// told of it. The new row is not made, the old one stays as it was, and nothing that was
	// changed since the last save is saved.
	ErrHeaderSent = errors.New(
		"gormsession: the response's header has been sent, so the session's cookie cannot be set: " +
			"begin a session, or log in, before the first byte of the response",
	)

	// ErrCookie is the error of a session whose cookie would be one that browsers refuse, by what
	// the function of [WithCookieFor] has said of the request. It sticks to the session, nothing of
	// which is saved, and is answered with 500.
	ErrCookie = errors.New("gormsession: WithCookieFor has said what New refuses")

	// ErrWrongKey is returned by [Plugin.Open], [Plugin.Exists] and [Plugin.Delete] for what is no
	// key but stands for one: the hash that a row holds, or a handle; and by [Plugin.DeleteRow] for
	// a row whose key is of another form than the table's. Nothing was done: it would be a
	// revocation without effect.
	ErrWrongKey = errors.New("gormsession: not the key of a session")

	// ErrOutcomeUnknown is returned when the connection was lost, or the time was over, at a moment
	// that leaves open whether the save was done, and the row did not tell. It is answered with
	// 503.
	ErrOutcomeUnknown = engine.ErrOutcomeUnknown
)

// errDiscarded is returned by Save after Discard.
var errDiscarded = errors.New(
	"gormsession: the session's changes were discarded, so nothing is saved: call Save before Discard",
)

// statusOf is the status that answers a failed commit.
func statusOf(err error) int {
	switch {
	case errors.Is(err, ErrUnavailable), errors.Is(err, ErrOutcomeUnknown):
		return http.StatusServiceUnavailable
	case errors.Is(err, ErrInterrupted):
		return http.StatusBadRequest
	case errors.Is(err, ErrUserLimit):
		return http.StatusForbidden
	}
	return http.StatusInternalServerError
}

// isMisuse tells whether the application has asked for what cannot be. Its own error page says so.
func isMisuse(err error) bool {
	return errors.Is(err, ErrUserLimit) || errors.Is(err, ErrTooLarge) ||
		errors.Is(err, ErrEncode) || errors.Is(err, ErrReserved) || errors.Is(err, ErrReentrant) ||
		errors.Is(err, ErrTransaction) || errors.Is(err, ErrCookie)
}
