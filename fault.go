package gormsession

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// A kind of fault says what another try, of what is undone, may hope for.
type kind uint8

const (
	other    kind = iota // nothing: what was asked for is wrong, or our own time is over
	conflict             // the database has undone it in favour of others, or is busy
	lost                 // the connection has gone
	stale                // the connection holds a plan that is out of date, and ran nothing
	away                 // nobody takes the call
	rejected             // nothing: the database refuses these values for good
)

// kind tells what kind of fault an error is.
func (s *store) kind(err error) kind {
	switch {
	case isOurs(err):
		return other
	case errors.Is(err, errSlipped):
		return conflict
	case errors.Is(err, errDuplicate):
		return rejected
	case isOver(err):
		return other
	case isDial(err):
		return away
	}
	if isUnsent(err) {
		return rejected
	}
	if k := s.dialect.kind(err); k != other {
		return k
	}
	if isLost(err) {
		return lost
	}
	return other
}

// isOver tells whether a time limit of ours has ended it, or somebody who no longer wants it.
func isOver(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// isDial tells whether no connection could be made.
func isDial(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// isLost tells whether a driver says that the connection has gone. Some do so by text alone.
func isLost(err error) bool {
	for _, gone := range []error{
		driver.ErrBadConn, sql.ErrConnDone, sql.ErrTxDone,
		io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
	} {
		if errors.Is(err, gone) {
			return true
		}
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	text := err.Error()
	return strings.Contains(text, "conn closed") || strings.Contains(text, "invalid connection")
}

// isUnsent tells whether a driver, or database/sql, has refused a value, so that nothing was sent.
// All of them say so by text alone.
func isUnsent(err error) bool {
	text := err.Error()
	for _, refusal := range []string{
		"sql: converting argument", "failed to encode args[", "packet for query is too large",
	} {
		if strings.Contains(text, refusal) {
			return true
		}
	}
	return false
}

// undoneAtCommit tells whether the database has certainly undone a transaction whose COMMIT failed
// with err. What a driver says by itself never tells.
func (d dialect) undoneAtCommit(err error) bool {
	if isOver(err) {
		return false
	}
	switch d.name {
	case "sqlite":
		// What SQLite says. A driver may reach it over a network, and lose the answer.
		return d.says(err) || d.kind(err) != other
	case "postgres":
		return d.says(err) && !postgresLeavesOpen(sqlState(err)) ||
			strings.Contains(err.Error(), "commit unexpectedly resulted in rollback")
	}
	k := mysqlKind(err)
	return (k == conflict || k == rejected) && !mysqlLeavesOpen(err)
}

// undoneAlone is undoneAtCommit for a statement without a transaction: what the database itself
// says of it is certain, unless its commit, which is part of it, was interrupted.
func (d dialect) undoneAlone(err error) bool {
	if isUnsent(err) {
		return true
	}
	if !d.says(err) || d.kind(err) == lost {
		return false
	}
	return !postgresLeavesOpen(sqlState(err)) && !mysqlLeavesOpen(err)
}

// says tells whether an error is what the database itself says.
func (d dialect) says(err error) bool {
	switch d.name {
	case "postgres":
		return sqlState(err) != ""
	case "mysql":
		return mysqlNumber(err) != 0
	}
	return slices.ContainsFunc(chain(err), isSQLite)
}

// alien tells whether MySQL says that a key cannot be compared with its column, whose charset does
// not have such characters: no row has that key then. It happens in Django's tables, where a client
// may name any key.
func (s *store) alien(err error) bool {
	if err == nil || s.dialectName != "mysql" {
		return false
	}
	n := mysqlNumber(err)
	return n == 1267 || n == 3854
}

// chain lists an error and all that it wraps.
func chain(err error) []error {
	if err == nil {
		return nil
	}
	errs := []error{err}
	switch w := err.(type) {
	case interface{ Unwrap() error }:
		errs = append(errs, chain(w.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, inner := range w.Unwrap() {
			errs = append(errs, chain(inner)...)
		}
	}
	return errs
}

func (s *store) isDuplicate(err error) bool { return s.dialect.isDuplicate(err, s.translate) }

func (d dialect) isDuplicate(err error, translate func(error) error) bool {
	if err == nil {
		return false
	}
	if errors.Is(err, gorm.ErrDuplicatedKey) || errors.Is(translate(err), gorm.ErrDuplicatedKey) {
		return true
	}
	// The codes too, as GORM's translators do not see through errors that a plugin has wrapped.
	return sqlState(err) == "23505" || slices.Contains(mysqlDuplicates, mysqlNumber(err)) ||
		d.name == "sqlite" && strings.Contains(err.Error(), "UNIQUE constraint failed")
}
