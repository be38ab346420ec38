package gormsession

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"reflect"
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
	for _, gone := range []error{driver.ErrBadConn, sql.ErrConnDone, sql.ErrTxDone, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed} {
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

// What SQLite says comes as text, as each of its drivers has a type of its own.
func sqliteKind(err error) kind {
	text := err.Error()
	for _, busy := range []string{"database is locked", "table is locked", "schema is locked", "SQLITE_BUSY"} {
		if strings.Contains(text, busy) {
			return conflict
		}
	}
	for _, no := range []string{"constraint failed", "datatype mismatch", "string or blob too big"} {
		if strings.Contains(text, no) {
			return rejected
		}
	}
	return other
}

// postgresKind goes by SQLSTATE (PostgreSQL's appendix A; CockroachDB and YugabyteDB use the same).
func postgresKind(err error) kind {
	code := sqlState(err)
	switch {
	case code == "":
		return other
	case code == "40001", code == "40P01":
		return conflict
	case isGoingAway(code), code == "53300": // too many connections: nothing has begun
		return lost
	case code == "26000", code == "0A000" && strings.Contains(err.Error(), "cached plan"):
		return stale
	case isRefused(code), code == "P0001": // RAISE of the application's trigger
		return rejected
	}
	return other
}

// isGoingAway tells whether a PostgreSQL server ends the connection or does not begin it.
func isGoingAway(code string) bool {
	return strings.HasPrefix(code, "08") || strings.HasPrefix(code, "57P") || code == "25P03"
}

// isRefused tells whether a SQLSTATE is of a data exception or of an integrity constraint.
func isRefused(code string) bool {
	return strings.HasPrefix(code, "22") || strings.HasPrefix(code, "23")
}

// The numbers of MySQL's errors, and of what speaks its protocol, by what another try may hope for.
var (
	mysqlConflicts = []uint64{
		1205, 1213, 1020, // lock wait timeout, deadlock (Galera's conflicts too), MariaDB's snapshot isolation
		3101,                         // group replication has rolled back
		8002, 8005, 8022, 8028, 9007, // TiDB: write conflicts, an undone commit, a changed schema
	}
	mysqlLost = []uint64{
		1040, 1203, // too many connections: nothing has begun
		1047,                   // Galera: the node does not take part at the moment
		1053, 1077, 1079, 1080, // the server shuts down
		1152, 1158, 1159, 1160, 1161, 1184, // aborted, network errors
		1927, 4031, // MariaDB: connection killed; MySQL: disconnected as idle
		9001, 9002, 9003, 9004, 9005, // TiDB: a node of the cluster did not answer
	}
	mysqlRejected = []uint64{
		1153,                                     // larger than max_allowed_packet
		1048, 1264, 1364, 1366, 1406, 1265, 1292, // null, range, no default, charset, length, truncated
		1451, 1452, 3140, 3819, 4025, // foreign keys, JSON, CHECK of MySQL and of MariaDB
		1644, // SIGNAL of the application's trigger
	}
)

func mysqlKind(err error) kind {
	n := mysqlNumber(err)
	switch {
	case n == 0 && strings.Contains(err.Error(), "packet for query is too large"):
		return rejected // by the driver: nothing was sent
	case n == 0:
		return other
	case slices.Contains(mysqlConflicts, n):
		return conflict
	case slices.Contains(mysqlLost, n):
		return lost
	case slices.Contains(mysqlRejected, n), n != 1062 && isRefused(mysqlState(err)):
		return rejected
	}
	return other
}

// What a database answers to COMMIT with these words it has undone. All else that is said there, by
// the driver above all, leaves it open.
func (d dialect) undoneAtCommit(err error) bool {
	if isOver(err) {
		return false
	}
	switch d.name {
	case "sqlite":
		return true // it runs within the process: there is no answer to lose
	case "postgres":
		code := sqlState(err)
		return code != "" && code != "40003" && !isGoingAway(code) ||
			strings.Contains(err.Error(), "commit unexpectedly resulted in rollback")
	}
	k := mysqlKind(err)
	return k == conflict || k == rejected
}

// undoneAlone is undoneAtCommit for a statement without a transaction: what the database itself says
// of it is certain, unless it is going away.
func (d dialect) undoneAlone(err error) bool {
	return d.says(err) && d.kind(err) != lost && sqlState(err) != "40003" && mysqlNumber(err) != 1317
}

// says tells whether an error is what the database itself says.
func (d dialect) says(err error) bool {
	switch d.name {
	case "postgres":
		return sqlState(err) != ""
	case "mysql":
		return mysqlNumber(err) != 0
	}
	for _, err := range chain(err) { // each driver of SQLite has a type of its own
		t := reflect.Indirect(reflect.ValueOf(err)).Type()
		if t.Name() == "Error" && strings.Contains(t.PkgPath(), "sqlite") {
			return true
		}
	}
	return false
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

// sqlState is the SQLSTATE of an error of pgx or lib/pq, whose types this package does not import.
func sqlState(err error) string {
	if e, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err); ok {
		return e.SQLState()
	}
	return ""
}

// mysqlError is the MySQLError of go-sql-driver, whose type this package does not import.
func mysqlError(err error) (e reflect.Value, ok bool) {
	for _, err := range chain(err) {
		v := reflect.Indirect(reflect.ValueOf(err))
		if v.Kind() == reflect.Struct && v.Type().Name() == "MySQLError" {
			return v, true
		}
	}
	return reflect.Value{}, false
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

func mysqlNumber(err error) uint64 {
	if e, ok := mysqlError(err); ok {
		if n := e.FieldByName("Number"); n.IsValid() && n.CanUint() {
			return n.Uint()
		}
	}
	return 0
}

func mysqlState(err error) string {
	if e, ok := mysqlError(err); ok {
		if state := e.FieldByName("SQLState"); state.IsValid() && state.Kind() == reflect.Array {
			code := make([]byte, state.Len())
			reflect.Copy(reflect.ValueOf(code), state)
			return string(code)
		}
	}
	return ""
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
	return d.name == "postgres" && sqlState(err) == "23505" || d.name == "mysql" && mysqlNumber(err) == 1062
}
