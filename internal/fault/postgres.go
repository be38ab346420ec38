package fault

import (
	"errors"
	"slices"
	"strings"
)

// postgresKind goes by SQLSTATE (PostgreSQL's appendix A). CockroachDB, YugabyteDB and Aurora DSQL
// use the same.
func postgresKind(err error) Kind {
	code := sqlState(err)
	switch {
	case code == "":
		return Other
	case strings.HasPrefix(code, "40"), strings.HasPrefix(code, "OC"), code == "55P03":
		return Conflict // rolled back; Aurora DSQL's; not within lock_timeout
	case IsForbidden(err):
		return Other
	case isGoingAway(code), code == "53300": // too many connections: nothing has begun
		return Lost
	case code == "26000", code == "0A000" && strings.Contains(err.Error(), "cached plan"):
		return Stale
	case isRefused(code), code == "54000": // too long for its index
		return Rejected
	}
	return Other
}

// IsForbidden tells whether PgBouncer says that it takes single statements alone. It has one code,
// that of a lost connection, for whatever it says.
func IsForbidden(err error) bool {
	return sqlState(err) == "08P01" && strings.Contains(err.Error(), "statement pooling mode")
}

// isGoingAway tells whether a PostgreSQL server ends the connection or does not begin it.
func isGoingAway(code string) bool {
	return strings.HasPrefix(code, "08") || strings.HasPrefix(code, "57P") ||
		code == "25P03" || code == "25P04" // idle in a transaction, or in one for too long
}

// isRefused tells whether a SQLSTATE says that values are refused for good: data exceptions,
// integrity constraints, the check of a view, and what a trigger of the application's says or runs
// into.
func isRefused(code string) bool {
	return len(code) == 5 && slices.Contains([]string{
		"09", "20", "21", "22", "23", "27", "38", "39", "44", "45", "P0",
	}, code[:2])
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
