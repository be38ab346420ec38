package gormsession

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// A news is what a database may say of a table, by the words of each: SQLSTATEs of PostgreSQL,
// numbers of MySQL, texts of SQLite.
type news struct {
	postgres []string
	mysql    []uint64
	sqlite   []string
}

var (
	noTable  = news{[]string{"42P01"}, []uint64{1146, 1049}, []string{"no such table"}}
	noColumn = news{[]string{"42703"}, []uint64{1054}, []string{"no such column"}}
	noRight  = news{[]string{"42501"}, []uint64{1142, 1143, 1044}, []string{"readonly database"}}
	// A pooler has given our statement to a connection that has another one of that name, or none.
	pooled = news{postgres: []string{"42P05", "26000"}}
)

// tells tells whether err is that news.
func (s *store) tells(err error, n news) bool {
	if err == nil {
		return false
	}
	switch s.dialectName {
	case "sqlite":
		said := func(text string) bool { return strings.Contains(err.Error(), text) }
		return slices.ContainsFunc(n.sqlite, said)
	case "postgres":
		return slices.Contains(n.postgres, sqlState(err))
	}
	return slices.Contains(n.mysql, mysqlNumber(err))
}

// unread says why the table cannot be read: each cause in its own words, the database's with it.
func (s *store) unread(err error) error {
	switch {
	case s.unreachable(err):
		return s.silent(err)
	case s.tells(err, noColumn), errors.Is(err, gorm.ErrInvalidField):
		return fmt.Errorf("gormsession: the table %s exists and is no table of sessions: it lacks "+
			"session_key, session_data or expire_date; choose another name with WithTable: %w", s.table, err)
	case s.tells(err, noRight):
		return fmt.Errorf("gormsession: the table %s may not be read by this account, which needs "+
			"SELECT, INSERT, UPDATE and DELETE on it: %w", s.table, err)
	case isForbidden(err):
		return fmt.Errorf(
			"gormsession: sessions cannot be kept in the table %s through this pooler, "+
				"which takes no transactions: let it (pool_mode=transaction of PgBouncer, or session): %w",
			s.table,
			err,
		)
	case s.tells(err, pooled):
		return fmt.Errorf(
			"gormsession: the table %s cannot be read through this pooler, which does not "+
				"keep prepared statements apart: let it (max_prepared_statements of PgBouncer), or the driver "+
				"prepare none (default_query_exec_mode=exec): %w",
			s.table,
			err,
		)
	}
	return fmt.Errorf("gormsession: the table %s cannot be read: %w", s.table, err)
}

// unmade says why the table could not be made.
func (s *store) unmade(err error) error {
	switch {
	case s.unreachable(err):
		return s.silent(err)
	case s.tells(err, noRight):
		return fmt.Errorf("gormsession: the table %s is missing and could not be made: make it at "+
			"deployment, by gormsession.Migrate with an account that may: %w", s.table, err)
	}
	return fmt.Errorf("gormsession: the table %s could not be made: %w", s.table, err)
}

// silent says that the database has not answered.
func (s *store) silent(err error) error {
	why := poolHint(err)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		why = fmt.Sprintf(" within %v%s", s.timeout, why)
	case isClosed(err):
		why = ": its pool is closed, as it is after a gorm.Open that has returned an error"
	}
	return fmt.Errorf("%w: the database cannot be reached%s: %w", ErrUnavailable, why, err)
}

// isClosed tells whether the pool is closed. There is no value to compare it with.
func isClosed(err error) bool { return strings.Contains(err.Error(), "sql: database is closed") }

// unreachable tells whether nobody has answered, or somebody who takes no statements at the moment.
func (s *store) unreachable(err error) bool {
	k := s.kind(err)
	return k == lost || k == away || isOver(err) ||
		isClosed(err) ||
		s.dialectName == "sqlite" && strings.Contains(err.Error(), "unable to open database file")
}
