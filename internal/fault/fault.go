// Package fault tells what an error of a database or of its driver says: what another try may hope
// for, whether anything can have been done, and what of its text may be shown. It knows the drivers
// of SQLite, PostgreSQL and MySQL by what their errors look like, and imports none of them.
package fault

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

// A Kind of fault says what another try, of what is undone, may hope for.
type Kind uint8

const (
	Other    Kind = iota // nothing: what was asked for is wrong, or our own time is over
	Conflict             // the database has undone it in favour of others, or is busy
	Lost                 // the connection has gone
	Stale                // the connection holds a plan that is out of date, and ran nothing
	Away                 // nobody takes the call
	Rejected             // nothing: the database refuses these values for good
)

// A Reader reads the errors of one database.
type Reader struct {
	name      string // GORM's, of the database
	translate func(error) error
}

// For returns the reader of the errors of a dialect of GORM's.
func For(d gorm.Dialector) Reader {
	r := Reader{name: d.Name(), translate: func(err error) error { return err }}
	if t, ok := d.(gorm.ErrorTranslator); ok {
		r.translate = t.Translate
	}
	return r
}

// Translate recognizes GORM's own errors, such as a duplicate key, also where the application's
// TranslateError is off.
func (r Reader) Translate(err error) error { return r.translate(err) }

// Kind tells what kind of fault an error is.
func (r Reader) Kind(err error) Kind {
	switch {
	case IsOver(err):
		return Other
	case IsDial(err):
		return Away
	}
	if isUnsent(err) {
		return Rejected
	}
	if k := r.said(err); k != Other {
		return k
	}
	if isLost(err) {
		return Lost
	}
	return Other
}

// said is the kind of fault by what the database says; Other where it says nothing.
func (r Reader) said(err error) Kind {
	switch r.name {
	case "postgres":
		return postgresKind(err)
	case "mysql":
		return mysqlKind(err)
	}
	return sqliteKind(err)
}

// IsOver tells whether a time limit of ours has ended it, or somebody who no longer wants it.
func IsOver(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// IsDial tells whether no connection could be made.
func IsDial(err error) bool {
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
	return slices.ContainsFunc(chain(err), func(err error) bool {
		text := err.Error() // which an error around it may hide
		return strings.Contains(text, "sql: converting argument") ||
			strings.Contains(text, "failed to encode args[") ||
			strings.Contains(text, "packet for query is too large")
	})
}

// UndoneAtCommit tells whether the database has certainly undone a transaction whose COMMIT failed
// with err. What a driver says by itself never tells.
func (r Reader) UndoneAtCommit(err error) bool {
	if IsOver(err) {
		return false
	}
	switch r.name {
	case "sqlite":
		// What SQLite says. A driver may reach it over a network, and lose the answer.
		return r.says(err) || r.said(err) != Other
	case "postgres":
		return r.says(err) && !postgresLeavesOpen(sqlState(err)) ||
			strings.Contains(err.Error(), "commit unexpectedly resulted in rollback")
	}
	k := mysqlKind(err)
	return (k == Conflict || k == Rejected) && !mysqlLeavesOpen(err)
}

// UndoneAlone is UndoneAtCommit for a statement without a transaction: what the database itself
// says of it is certain, unless its commit, which is part of it, was interrupted.
func (r Reader) UndoneAlone(err error) bool {
	if isUnsent(err) || r.isTurnedAway(err) {
		return true
	}
	if !r.says(err) || r.said(err) == Lost {
		return false
	}
	return !postgresLeavesOpen(sqlState(err)) && !mysqlLeavesOpen(err)
}

// isTurnedAway tells whether a server has taken the call, and no connection: it has as many as it
// may, or is about to begin or to end.
func (r Reader) isTurnedAway(err error) bool {
	switch r.name {
	case "postgres":
		return slices.Contains([]string{"53300", "57P03"}, sqlState(err))
	case "mysql":
		return slices.Contains([]uint64{1040, 1203}, mysqlNumber(err))
	}
	return false
}

// says tells whether an error is what the database itself says.
func (r Reader) says(err error) bool {
	switch r.name {
	case "postgres":
		return sqlState(err) != ""
	case "mysql":
		return mysqlNumber(err) != 0
	}
	return slices.ContainsFunc(chain(err), isSQLite)
}

// IsAlien tells whether MySQL says that a key cannot be compared with its column, whose charset
// does not have such characters: no row has that key then. It happens in Django's tables, where a
// client may name any key.
func (r Reader) IsAlien(err error) bool {
	if err == nil || r.name != "mysql" {
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

// IsDuplicate tells whether a key is taken, of whichever unique column.
func (r Reader) IsDuplicate(err error) bool {
	if err == nil {
		return false
	}
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return true
	}
	// GORM's translators do not see through what we, or a plugin, have wrapped an error in.
	if slices.ContainsFunc(chain(err), func(err error) bool {
		return errors.Is(r.translate(err), gorm.ErrDuplicatedKey)
	}) {
		return true
	}
	return sqlState(err) == "23505" || slices.Contains(mysqlDuplicates, mysqlNumber(err)) ||
		r.name == "sqlite" && strings.Contains(err.Error(), "UNIQUE constraint failed")
}
