package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/internal/fault"
)

// unread says why the table cannot be read: each cause in its own words, the database's with it.
func (t *Table) unread(err error) error {
	switch {
	case t.unreachable(err):
		return t.silent(err)
	case t.faults.Tells(err, fault.NoColumn), errors.Is(err, gorm.ErrInvalidField):
		return fmt.Errorf("gormsession: the table %s exists and is no table of sessions: it lacks "+
			"session_key, session_data or expire_date; choose another name with WithTable: %w", t.table, err)
	case t.faults.Tells(err, fault.NoRight):
		return fmt.Errorf("gormsession: the table %s may not be read by this account, which needs "+
			"SELECT, INSERT, UPDATE and DELETE on it: %w", t.table, err)
	case fault.IsForbidden(err):
		return fmt.Errorf(
			"gormsession: sessions cannot be kept in the table %s through this pooler, "+
				"which takes no transactions: let it (pool_mode=transaction of PgBouncer, or session): %w",
			t.table,
			err,
		)
	case t.faults.Tells(err, fault.Pooled):
		return fmt.Errorf(
			"gormsession: the table %s cannot be read through this pooler, which does not "+
				"keep prepared statements apart: let it (max_prepared_statements of PgBouncer), or the driver "+
				"prepare none (default_query_exec_mode=exec): %w",
			t.table,
			err,
		)
	}
	return fmt.Errorf("gormsession: the table %s cannot be read: %w", t.table, err)
}

// unmade says why the table could not be made.
func (t *Table) unmade(err error) error {
	switch {
	case t.unreachable(err):
		return t.silent(err)
	case t.faults.Tells(err, fault.NoRight):
		return fmt.Errorf("gormsession: the table %s is missing and could not be made: make it at "+
			"deployment, by gormsession.Migrate with an account that may: %w", t.table, err)
	}
	return fmt.Errorf("gormsession: the table %s could not be made: %w", t.table, err)
}

// silent says that the database has not answered.
func (t *Table) silent(err error) error {
	why := poolHint(err)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		why = fmt.Sprintf(" within %v%s", t.timeout, why)
	case fault.IsClosed(err):
		why = ": its pool is closed, as it is after a gorm.Open that has returned an error"
	}
	return fmt.Errorf("%w: the database cannot be reached%s: %w", ErrUnavailable, why, err)
}

// unreachable tells whether nobody has answered, or somebody who takes no statements at the moment.
func (t *Table) unreachable(err error) bool {
	k := t.kind(err)
	return k == fault.Lost || k == fault.Away || fault.IsOver(err) ||
		fault.IsClosed(err) ||
		t.dialectName == "sqlite" && strings.Contains(err.Error(), "unable to open database file")
}
