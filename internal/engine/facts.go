package engine

import (
	"context"
	"database/sql"
	"regexp"
	"slices"
	"strconv"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/internal/fault"
)

// settings are what the databases are asked of themselves, by names.
var settings = map[string]map[string]string{
	"sqlite": {
		"busy_timeout": "PRAGMA busy_timeout",
		"journal_mode": "PRAGMA journal_mode",
	},
	"postgres": {
		"max_connections": "SHOW max_connections",
		"port":            "SELECT COALESCE(inet_server_port(), 0)",
		"read_only":       "SHOW transaction_read_only",
	},
	"mysql": {
		"max_connections":    "SELECT @@max_connections",
		"max_allowed_packet": "SELECT @@max_allowed_packet",
		"read_only":          "SELECT @@read_only",
	},
}

// Settings are what a database says of itself. What it does not say is not there.
func Settings(ctx context.Context, db *gorm.DB) map[string]string {
	said := map[string]string{}
	for name, query := range settings[db.Dialector.Name()] {
		var value sql.NullString
		if err := db.WithContext(ctx).Raw(query).Row().Scan(&value); err == nil && value.Valid {
			said[name] = value.String
		}
	}
	return said
}

// IsIndexed tells whether an index begins with that column.
func (t *Table) IsIndexed(column string) (bool, error) {
	there, err := t.indexes()
	return slices.ContainsFunc(there, func(i index) bool {
		return t.sameName(i.first, column)
	}), err
}

var fillfactor = regexp.MustCompile(`\bfillfactor=(\d+)`)

// Fillfactor is how full PostgreSQL packs the pages of the table, in percent; 0 on others, and
// where it has none, as that of partitions.
func (t *Table) Fillfactor(ctx context.Context) (percent int, err error) {
	if t.dialectName != "postgres" {
		return 0, nil
	}
	query := t.catalogSQL("SELECT COALESCE(CAST(reloptions AS text), '') FROM pg_class " +
		"WHERE oid = CAST('%[1]s' AS regclass) AND relkind = 'r'")
	err = t.ask(t.quiet(ctx), query, func(rows *sql.Rows) error {
		if percent = 0; !rows.Next() {
			return nil
		}
		var options string
		err := rows.Scan(&options)
		percent = 100
		if found := fillfactor.FindStringSubmatch(options); found != nil {
			percent, _ = strconv.Atoi(found[1]) // of digits
		}
		return err
	})
	return percent, t.fault(err, "")
}

// Denied are the rights that requests need and this account lacks. SQLite has no accounts.
func (t *Table) Denied(ctx context.Context) (denied []string, err error) {
	if t.dialectName == "sqlite" {
		return nil, nil
	}
	table := t.db.Statement.Quote(t.table)
	for right, statement := range map[string]string{
		"SELECT": "SELECT session_key FROM " + table,
		"INSERT": "INSERT INTO " + table + " (session_key, session_data, expire_date) " +
			"SELECT session_key, session_data, expire_date FROM " + table + " WHERE 1 = 0",
		"UPDATE": "UPDATE " + table + " SET session_data = session_data WHERE 1 = 0",
		"DELETE": "DELETE FROM " + table + " WHERE 1 = 0",
	} {
		switch err := t.ask(t.quiet(ctx), "EXPLAIN "+statement, noMatter); {
		case t.faults.Tells(err, fault.NoRight):
			denied = append(denied, right)
		case err != nil:
			return nil, t.fault(err, "")
		}
	}
	slices.Sort(denied)
	return denied, nil
}
