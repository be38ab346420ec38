package gormsession

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/seed7368b609/gormsession/internal/fault"
)

// inspect refuses a table that has our columns but cannot keep our sessions, such as Django's,
// whose keys are too short for hashes. What the catalogs do not say is no reason: it is a warning.
func (s *store) inspect() error {
	return s.within(0, func(ctx context.Context) error {
		columns, err := s.shown(ctx)
		keyed := unknown
		if err == nil {
			keyed, err = s.keyed(ctx)
		}
		switch {
		case err != nil && s.unreachable(err):
			return s.silent(err)
		case err != nil:
			s.logger().Warn("gormsession: it is unknown whether the table can keep sessions, "+
				"as the database does not say how it is made", "table", s.table, "error", err)
		case len(columns) == 0:
			s.logger().Warn("gormsession: it is unknown whether the table can keep sessions, "+
				"as the database shows this account nothing of how it is made", "table", s.table)
		}
		if err := s.unfit(columns, keyed); err != nil {
			return fmt.Errorf("gormsession: %w", err)
		}
		s.warnOfImpatience(ctx)
		return s.lacking(ctx, columns)
	})
}

// unfit says why a table with these columns cannot keep our sessions.
func (s *store) unfit(columns []column, keyed answer) error {
	for _, need := range s.needs() {
		for _, c := range columns {
			switch {
			case !s.sameName(c.Name, need.column):
			case !need.holds(c):
				return fmt.Errorf(
					"the column %s of the table %s is of the type %s, which cannot keep it; %s",
					c.Name,
					s.table,
					c.Type,
					need.mend,
				)
			case c.Size >= 0 && c.Size < need.least:
				return fmt.Errorf("the column %s of the table %s holds %d %s, not %d; %s",
					c.Name, s.table, c.Size, need.unit, need.least, need.mend)
			}
		}
		if need.column == "session_key" && keyed == no {
			return fmt.Errorf(
				"session_key is not the primary key of the table %s, nor unique by itself, "+
					"so it is no table of sessions; choose another name with WithTable",
				s.table,
			)
		}
	}
	for _, c := range columns {
		if c.Demanded && !s.writes(c) {
			return fmt.Errorf("the table %s demands a value for its column %s (NOT NULL without a "+
				"default), which an insert of a session does not give: let it have a default, or add "+
				"it to the model of WithModel", s.table, c.Name)
		}
	}
	return nil
}

// lacking says which column of the model the table has not. One that the catalogs do not show may
// still be there, so it is asked for.
func (s *store) lacking(ctx context.Context, columns []column) error {
	for _, f := range s.schema.Fields {
		written := f.DBName != "" && (f.Creatable || f.Updatable)
		isIt := func(c column) bool { return s.sameName(c.Name, f.DBName) }
		if !written || len(columns) == 0 || slices.ContainsFunc(columns, isIt) {
			continue
		}
		query := fmt.Sprintf("SELECT %s FROM %s WHERE 1 = 0",
			s.db.Statement.Quote(f.DBName), s.db.Statement.Quote(s.table))
		switch err := s.ask(s.quiet(ctx), query, noMatter); {
		case s.faults.Tells(err, fault.NoColumn):
			return fmt.Errorf(
				"gormsession: the table %s has no column %s, which the model has; existing "+
					"tables are never altered: add it by a migration of the application's",
				s.table,
				f.DBName,
			)
		case err != nil:
			return s.unread(err)
		}
	}
	return nil
}

// writes tells whether an insert of ours gives a value for the column.
func (s *store) writes(c column) bool {
	for _, f := range s.schema.Fields {
		if s.sameName(c.Name, f.DBName) {
			return f.Creatable
		}
	}
	return false
}

// sameName tells whether two names are of one column: PostgreSQL alone tells A from a.
func (s *store) sameName(a, b string) bool {
	return a == b || s.dialectName != "postgres" && strings.EqualFold(a, b)
}

// warnOfImpatience warns where SQLite refuses at once what another connection has locked.
func (s *store) warnOfImpatience(ctx context.Context) {
	if s.dialectName != "sqlite" {
		return
	}
	patience := -1
	err := s.ask(s.quiet(ctx), "PRAGMA busy_timeout", func(rows *sql.Rows) error {
		if !rows.Next() {
			return nil
		}
		return rows.Scan(&patience)
	})
	if err == nil && patience == 0 {
		s.logger().Warn("gormsession: SQLite has no busy timeout: " +
			"what meets another writer fails at once; open it with " +
			"?_busy_timeout=4000 (gorm.io/driver/sqlite) or " +
			" ?_pragma=busy_timeout(4000) (github.com/glebarez/sqlite)")
	}
}
