package gormsession

import (
	"errors"
	"strings"
)

// postgresKind goes by SQLSTATE (PostgreSQL's appendix A). CockroachDB, YugabyteDB and Aurora DSQL
// use the same.
func postgresKind(err error) kind {
	code := sqlState(err)
	switch {
	case code == "":
		return other
	case strings.HasPrefix(code, "40"), code == "55P03": // rolled back; not within lock_timeout
		return conflict
	case isGoingAway(code), code == "53300": // too many connections: nothing has begun
		return lost
	case code == "26000", code == "0A000" && strings.Contains(err.Error(), "cached plan"):
		return stale
	case isRefused(code), strings.HasPrefix(code, "P0"), // RAISE of the application's trigger
		code == "54000", code == "44000": // too long for its index; not what a view allows
		return rejected
	}
	return other
}

// isGoingAway tells whether a PostgreSQL server ends the connection or does not begin it.
func isGoingAway(code string) bool {
	return strings.HasPrefix(code, "08") || strings.HasPrefix(code, "57P") ||
		code == "25P03" || code == "25P04" // idle in a transaction, or in one for too long
}

// isRefused tells whether a SQLSTATE is of a data exception or of an integrity constraint.
func isRefused(code string) bool {
	return strings.HasPrefix(code, "22") || strings.HasPrefix(code, "23")
}

// postgresLeavesOpen tells whether a SQLSTATE says nothing of how a commit ended: the connection
// goes, the server is in trouble (YugabyteDB calls what happens between its nodes XX000), or does
// not know.
func postgresLeavesOpen(code string) bool {
	return code == "40003" || isGoingAway(code) ||
		strings.HasPrefix(code, "57") || strings.HasPrefix(code, "58") ||
		strings.HasPrefix(code, "XX")
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
