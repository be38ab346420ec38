package engine

import (
	"errors"
	"fmt"
)

// What becomes of an operation that is not done. The package above documents them.
var (
	ErrInterrupted = errors.New("gormsession: the session was deleted before the request completed")
	ErrUnavailable = errors.New("gormsession: the session database is unavailable")
	ErrRejected    = errors.New("gormsession: what was to be saved was rejected")
	ErrEncode      = errors.New("gormsession: the value cannot be encoded")
	ErrTooLarge    = errors.New("gormsession: the session would be too large")
	ErrReentrant   = errors.New("gormsession: the session was used from inside of itself")
	ErrUserLimit   = errors.New(
		"gormsession: the user has as many sessions as WithUserLimitRefusing allows: Plugin.End ends one",
	)
	ErrOutcomeUnknown = errors.New(
		"gormsession: the connection was lost and it is unknown whether the session was saved",
	)
)

var (
	// errTrackLost is ErrInterrupted where it is unknown whether our own save was done before the
	// row went away.
	errTrackLost = fmt.Errorf("%w, and the connection was lost before", ErrInterrupted)
	ErrDamaged   = errors.New("gormsession: the row holds what the codec cannot read")
	errNoRows    = errors.New("a callback of GORM's gave neither rows nor an error")
	errNoFreeKey = errors.New(
		"gormsession: no free session key in 10 tries: is the source of keys broken?",
	)
	errDuplicate = errors.New("duplicate key")
	// errSlipped: what was locked is no longer there, as the transaction is gone. MariaDB's Galera
	// lets a SELECT FOR UPDATE return a row then, and the next statement run by itself.
	errSlipped = errors.New("the transaction ended while the row was locked")
)

// isSentinel tells whether an error is one of our sentinels already, or comes from the codec or the
// application's model.
func isSentinel(err error) bool {
	for _, sentinel := range []error{
		ErrInterrupted, ErrUnavailable, ErrOutcomeUnknown, ErrRejected, ErrEncode,
		ErrTooLarge, ErrReentrant, ErrUserLimit, ErrDamaged, ErrTransaction, errNoFreeKey,
	} {
		if errors.Is(err, sentinel) {
			return true
		}
	}
	return false
}

// IsUncertain tells whether a save that has ended with an error may have been done.
func IsUncertain(err error) bool {
	return errors.Is(err, ErrOutcomeUnknown) || errors.Is(err, errTrackLost)
}

// encodeError makes ErrEncode of an error of the codec's, unless it is that already.
func encodeError(err error) error {
	if errors.Is(err, ErrEncode) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrEncode, err)
}
