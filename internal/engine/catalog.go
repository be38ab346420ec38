package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/seed7368b609/gormsession/internal/fault"
)

// A column is what the catalogs say of one.
type column struct {
	Name string
	Type string // of the database's, in lower case and without a size: "varchar"
	// Size is how much fits: characters or bytes of a text, digits of a second's fraction. -1: no
	// bound.
	Size int64
	// Demanded: an insert that leaves it out fails.
	Demanded bool
}

// A catalog is how one database tells of a table. Everything in it may be read by every account
// that may read the table, as far as the database allows that at all.
type catalog struct {
	// columns selects name, type, size and demanded of each column.
	columns string
	// keyed selects whether session_key alone is unique; no row where that means nothing, as of a
	// view.
	keyed string
	// indexes selects name and first column of each index that serves all rows.
	indexes string
}

// In these, %[1]s is the table as statements name it, %[2]s its schema and %[3]s its name, as
// texts.
var catalogs = map[string]catalog{
	// Not information_schema, which shows keys and constraints to owners alone.
	"postgres": {
		columns: `SELECT a.attname AS name,
			CASE WHEN EXISTS (SELECT 1 FROM pg_collation l -- which tells so since 12
					WHERE l.oid = a.attcollation AND to_jsonb(l) ->> 'collisdeterministic' = 'false')
				THEN 'nondeterministic ' ELSE '' END || b.typname AS type,
			CASE WHEN m.mod < 0 THEN -1
				WHEN b.typname IN ('varchar', 'bpchar') THEN m.mod - 4 ELSE m.mod END AS size,
			(a.attnotnull OR t.typnotnull)
				AND NOT a.atthasdef AND a.attidentity = '' AND t.typdefault IS NULL
				AND NOT EXISTS (SELECT 1 FROM pg_trigger g -- BEFORE INSERT: it may fill the column
					WHERE g.tgrelid = a.attrelid AND NOT g.tgisinternal AND g.tgenabled <> 'D'
						AND g.tgtype & 6 = 6) AS demanded
			FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
			JOIN pg_type b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
			CROSS JOIN LATERAL
				(SELECT CASE t.typtype WHEN 'd' THEN t.typtypmod ELSE a.atttypmod END AS mod) m
			WHERE a.attrelid = CAST('%[1]s' AS regclass) AND a.attnum > 0 AND NOT a.attisdropped`,
		keyed: `SELECT EXISTS (SELECT 1 FROM pg_index i
				JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
				WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indnkeyatts = 1
					AND i.indpred IS NULL AND a.attname = 'session_key') AS keyed
			FROM pg_class c WHERE c.oid = CAST('%[1]s' AS regclass) AND c.relkind IN ('r', 'p')`,
		indexes: `SELECT c.relname AS name, a.attname AS first
			FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
			LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
			WHERE i.indrelid = CAST('%[1]s' AS regclass) AND i.indisvalid AND i.indpred IS NULL`,
	},
	// A lax sql_mode fills what an insert leaves out, and MySQL, but not MariaDB, an ENUM always.
	"mysql": {
		columns: `SELECT column_name AS name, LOWER(data_type) AS type,
			CAST(COALESCE(character_maximum_length, datetime_precision, -1) AS SIGNED) AS size,
			is_nullable = 'NO' AND column_default IS NULL AND @@sql_mode LIKE '%%STRICT%%'
				AND extra NOT LIKE '%%auto_increment%%' AND extra NOT LIKE '%%GENERATED%%'
				AND (data_type <> 'enum' OR VERSION() LIKE '%%MariaDB%%')
				AND NOT EXISTS (SELECT 1 FROM information_schema.triggers g
					WHERE g.event_object_schema = c.table_schema AND g.event_object_table = c.table_name
						AND g.action_timing = 'BEFORE' AND g.event_manipulation = 'INSERT') AS demanded
			FROM information_schema.columns c WHERE table_schema = %[2]s AND table_name = '%[3]s'`,
		keyed: `SELECT EXISTS (SELECT 1 FROM information_schema.statistics s
				WHERE s.table_schema = t.table_schema AND s.table_name = t.table_name AND s.non_unique = 0
				GROUP BY s.index_name
				HAVING COUNT(*) = 1 AND LOWER(MAX(s.column_name)) = 'session_key'
					AND (MAX(s.sub_part) IS NULL OR MAX(s.sub_part) >= %[4]d)) AS keyed
			FROM information_schema.tables t
			WHERE table_schema = %[2]s AND table_name = '%[3]s' AND table_type NOT LIKE '%%VIEW%%'`,
		indexes: `SELECT index_name AS name, column_name AS first
			FROM information_schema.statistics
			WHERE table_schema = %[2]s AND table_name = '%[3]s' AND seq_in_index = 1`,
	},
	// The type is as declared. An INTEGER PRIMARY KEY is filled like a serial.
	"sqlite": {
		columns: `SELECT name, CASE WHEN (SELECT MAX(strict) FROM pragma_table_list
				WHERE name = '%[3]s' COLLATE NOCASE AND schema = COALESCE(%[2]s, schema)) = 1
				THEN 'strict ' ELSE '' END || LOWER(type) AS type, -1 AS size,
			"notnull" = 1 AND UPPER(COALESCE(dflt_value, 'NULL')) = 'NULL' AND hidden = 0
				AND NOT (pk = 1 AND LOWER(type) = 'integer') AS demanded
			FROM pragma_table_xinfo('%[3]s', %[2]s)`,
		keyed: `SELECT EXISTS (SELECT 1 FROM pragma_index_list('%[3]s', %[2]s) l
				WHERE l."unique" = 1 AND l.partial = 0
				AND (SELECT GROUP_CONCAT(LOWER(name)) FROM pragma_index_info(l.name, %[2]s))
					= 'session_key') AS keyed
			FROM pragma_table_list
			WHERE name = '%[3]s' COLLATE NOCASE AND schema = COALESCE(%[2]s, schema) AND type = 'table'`,
		indexes: `SELECT l.name,
				(SELECT i.name FROM pragma_index_info(l.name, %[2]s) i WHERE i.seqno = 0) AS first
			FROM pragma_index_list('%[3]s', %[2]s) l WHERE l.partial = 0`,
	},
}

// catalogSQL fills in a query of a catalog. The table's name is one of [WithTable], so it needs no
// escaping.
func (t *Table) catalogSQL(query string) string {
	schema, name, qualified := strings.Cut(t.table, ".")
	if !qualified {
		schema, name = "", schema
	}
	text := "'" + schema + "'"
	switch {
	case !qualified && t.dialectName == "mysql":
		text = "DATABASE()"
	case !qualified:
		text = "NULL"
	}
	return fmt.Sprintf(query, t.db.Statement.Quote(t.table), text, name, t.layout.KeySize)
}

// ask gives an answer to read. As in scan, plugins that cache queries are not to give it.
func (t *Table) ask(
	on line, query string, read func(rows *sql.Rows) error, args ...any,
) error {
	return t.inquire(on.ctx, func(ctx context.Context) error {
		on.ctx = ctx
		text, vars := t.build(query, args)
		rows, err := t.query(on, text, vars...)
		if err == nil {
			err = errors.Join(read(rows), rows.Err(), rows.Close())
		}
		return err
	})
}

// inquire asks until it is answered, or the time is over: then what the database said at the try
// before is the cause.
func (t *Table) inquire(ctx context.Context, question func(ctx context.Context) error) error {
	var cause error
	err := t.retry(ctx, func(ctx context.Context) error {
		err := question(ctx)
		if err != nil && (cause == nil || !fault.IsOver(err)) {
			cause = err
		}
		return harmless(err)
	})
	if err == nil || fault.IsOver(cause) {
		return err
	}
	return cause
}

// noMatter reads nothing of an answer: that there is one is what was asked.
func noMatter(rows *sql.Rows) error {
	for rows.Next() {
	}
	return nil
}

// shown asks the catalogs for the table's columns. There are none where they show nothing of it.
func (t *Table) shown(ctx context.Context) (columns []column, err error) {
	query := t.catalogSQL(catalogs[t.dialectName].columns)
	err = t.ask(t.quiet(ctx), query, func(rows *sql.Rows) error {
		columns = nil
		for rows.Next() {
			var c column
			if err := rows.Scan(&c.Name, &c.Type, &c.Size, &c.Demanded); err != nil {
				return err
			}
			c.Type, c.Size = sized(c.Type, c.Size)
			columns = append(columns, c)
		}
		return nil
	})
	return columns, err
}

// sized splits a type as SQLite has it, such as varchar(40).
func sized(declared string, size int64) (string, int64) {
	name, rest, ok := strings.Cut(declared, "(")
	if n, err := strconv.ParseInt(strings.TrimSuffix(rest, ")"), 10, 64); ok && err == nil {
		size = n
	}
	return strings.TrimSpace(name), size
}

// An answer of the catalogs, which may not know.
type answer int

const (
	unknown answer = iota
	no
	yes
)

// keyed asks the catalogs whether session_key alone is unique.
func (t *Table) keyed(ctx context.Context) (keyed answer, err error) {
	query := t.catalogSQL(catalogs[t.dialectName].keyed)
	err = t.ask(t.quiet(ctx), query, func(rows *sql.Rows) error {
		var is bool
		if keyed = unknown; !rows.Next() {
			return nil
		}
		err := rows.Scan(&is)
		if keyed = no; is {
			keyed = yes
		}
		return err
	})
	return keyed, err
}
