package engine

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm/schema"

	"github.com/seed7368b609/gormsession/internal/fault"
)

// inspect refuses a table that has our columns but cannot keep our sessions, such as Django's,
// whose keys are too short for hashes. What the catalogs do not say is no reason: it is a warning.
// It returns the columns of the model that the table lacks.
func (t *Table) inspect(may Migration) (missing []*schema.Field, err error) {
	err = t.within(0, func(ctx context.Context) error {
		columns, err := t.shown(ctx)
		keyed := unknown
		if err == nil {
			keyed, err = t.keyed(ctx)
		}
		switch {
		case err != nil && t.unreachable(err):
			return t.silent(err)
		case err != nil:
			t.logger().Warn("gormsession: it is unknown whether the table can keep sessions, "+
				"as the database does not say how it is made", "table", t.table, "error", err)
		case len(columns) == 0:
			t.logger().Warn("gormsession: it is unknown whether the table can keep sessions, "+
				"as the database shows this account nothing of how it is made", "table", t.table)
		}
		err = t.unfit(columns, keyed)
		if err == nil && may != Visit {
			err = t.demanding(columns)
		}
		if err != nil {
			return fmt.Errorf("gormsession: %w", err)
		}
		t.measure(columns)
		t.warnOfImpatience(ctx)
		missing, err = t.lacking(ctx, columns)
		return err
	})
	return missing, err
}

// unfit says why a table with these columns cannot keep our sessions.
func (t *Table) unfit(columns []column, keyed answer) error {
	for _, need := range t.needs() {
		for _, c := range columns {
			switch {
			case !t.sameName(c.Name, need.column):
			case !need.holds(c):
				return fmt.Errorf(
					"the column %s of the table %s is of the type %s, which cannot keep it; %s",
					c.Name,
					t.table,
					c.Type,
					need.mend,
				)
			case c.Size >= 0 && c.Size < need.least:
				return fmt.Errorf("the column %s of the table %s holds %d %s, not %d; %s",
					c.Name, t.table, c.Size, need.unit, need.least, need.mend)
			}
		}
		if need.column == "session_key" && keyed == no {
			return fmt.Errorf(
				"session_key is not the primary key of the table %s, nor unique by itself, "+
					"so it is no table of sessions; choose another name with WithTable",
				t.table,
			)
		}
	}
	return nil
}

// measure notes how exact the table's expire_date is. In SQLite a declared size bounds nothing.
func (t *Table) measure(columns []column) {
	for _, c := range columns {
		if t.dialectName != "sqlite" && t.sameName(c.Name, "expire_date") && c.Size >= 0 {
			for t.unit = time.Second; c.Size > 0 && t.unit > time.Microsecond; c.Size-- {
				t.unit /= 10
			}
		}
	}
}

// demanding refuses a table whose rows need what an insert of ours does not give.
func (t *Table) demanding(columns []column) error {
	for _, c := range columns {
		if c.Demanded && !t.writes(c) {
			return fmt.Errorf("the table %s demands a value for its column %s (NOT NULL without a "+
				"default), which an insert of a session does not give: let it have a default, or add "+
				"it to the model of WithModel", t.table, c.Name)
		}
	}
	return nil
}

// lacking are the columns of the model that the table has not. One that the catalogs do not show
// may still be there, so it is asked for.
func (t *Table) lacking(
	ctx context.Context, columns []column,
) (missing []*schema.Field, err error) {
	for _, f := range t.schema.Fields {
		written := f.DBName != "" && (f.Creatable || f.Updatable)
		isIt := func(c column) bool { return t.sameName(c.Name, f.DBName) }
		if !written || len(columns) == 0 || slices.ContainsFunc(columns, isIt) {
			continue
		}
		switch has, err := t.has(ctx, f); {
		case err != nil:
			return nil, t.unread(err)
		case !has:
			missing = append(missing, f)
		}
	}
	return missing, nil
}

// has asks for a column.
func (t *Table) has(ctx context.Context, f *schema.Field) (bool, error) {
	err := t.ask(t.quiet(ctx), fmt.Sprintf("SELECT %s FROM %s WHERE 1 = 0",
		t.db.Statement.Quote(f.DBName), t.db.Statement.Quote(t.table)), noMatter)
	if t.faults.Tells(err, fault.NoColumn) {
		return false, nil
	}
	return err == nil, err
}

// writes tells whether an insert of ours gives a value for the column.
func (t *Table) writes(c column) bool {
	for _, f := range t.schema.Fields {
		if t.sameName(c.Name, f.DBName) {
			return f.Creatable
		}
	}
	return false
}

// sameName tells whether two names are of one column: PostgreSQL alone tells A from a.
func (t *Table) sameName(a, b string) bool {
	return a == b || t.dialectName != "postgres" && strings.EqualFold(a, b)
}

// warnOfImpatience warns where SQLite refuses at once what another connection has locked.
func (t *Table) warnOfImpatience(ctx context.Context) {
	if t.dialectName != "sqlite" {
		return
	}
	patience := -1
	err := t.ask(t.quiet(ctx), "PRAGMA busy_timeout", func(rows *sql.Rows) error {
		if !rows.Next() {
			return nil
		}
		return rows.Scan(&patience)
	})
	if err == nil && patience == 0 {
		t.logger().Warn("gormsession: SQLite has no busy timeout: " +
			"what meets another writer fails at once; open it with " +
			"?_busy_timeout=4000 (gorm.io/driver/sqlite) or " +
			"?_pragma=busy_timeout(4000) (github.com/libtnb/sqlite)")
	}
}
