package suite

import (
	"testing"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A madeTable is one that somebody else has made: its three columns, what else stands between the
// parentheses and after them, and statements that follow.
type madeTable struct {
	key, data, expire, more, options string
	then                             []string
}

// by fills in what is as it should be, and returns the statements.
func (m madeTable) by(k dbtest.Kind) []string {
	or := func(a, b string) string {
		if a != "" {
			return a
		}
		return b
	}
	moment := map[dbtest.Kind]string{
		dbtest.SQLite: "datetime", dbtest.Postgres: "timestamptz", dbtest.MariaDB: "datetime(6)",
	}[k]
	create := "CREATE TABLE web_sessions (session_key " + or(m.key, "varchar(64) PRIMARY KEY") +
		", session_data " + or(m.data, textType(k)) + " NOT NULL" +
		", expire_date " + or(m.expire, moment) + " NOT NULL" + m.more + ") " + m.options
	return append([]string{create}, m.then...)
}

func (m madeTable) in(t *testing.T, db *gorm.DB, k dbtest.Kind) {
	t.Helper()
	for _, statement := range m.by(k) {
		if err := db.Exec(statement).Error; err != nil {
			t.Fatal(err)
		}
	}
}

// keyIsNot, cannotKeep and the others are what New says of a table that cannot keep sessions.
const (
	keyIsNot   = "session_key is not the primary key of the table web_sessions"
	cannotKeep = ", which cannot keep it; "
	demands    = "demands a value for its column tenant (NOT NULL without a default)"
	tooSmall   = "characters, not 1048576; make it "
	tooCoarse  = "digits of a second's fraction, not 6; make it "
)

const textKey = "TEXT PRIMARY KEY"

var unfitTables = map[dbtest.Kind]map[string]struct {
	table madeTable
	want  string
}{
	dbtest.SQLite: {
		"a short key":      {madeTable{key: "varchar(63) PRIMARY KEY"}, "holds 63 characters, not 64"},
		"a number as key":  {madeTable{key: "INTEGER PRIMARY KEY"}, cannotKeep},
		"a number as data": {madeTable{data: "BIGINT"}, cannotKeep},
		"a partial index":  {partlyUnique, keyIsNot},
		"an index on more": {uniqueTogether, keyIsNot},
		"a key of two":     {keyOfTwo, keyIsNot},
		"a mere index":     {merelyIndexed, keyIsNot},
		"another's index":  {uniqueElsewhere, keyIsNot},
		"a column more":    {madeTable{more: ", tenant int NOT NULL"}, demands},
		"an integer more":  {madeTable{more: ", tenant INTEGER NOT NULL"}, demands},
		"a column of null": {madeTable{more: ", tenant int NOT NULL DEFAULT NULL"}, demands},
		"a strict number":  {madeTable{key: textKey, expire: "INTEGER", options: "STRICT"}, cannotKeep},
		"strict bytes": {
			madeTable{key: textKey, data: "BLOB", expire: "TEXT", options: "STRICT"}, cannotKeep},
		"rows without an ID": {
			madeTable{more: ", tenant text NOT NULL", options: "WITHOUT ROWID"}, demands},
	},
	dbtest.Postgres: {
		"a short key":      {madeTable{key: "varchar(63) PRIMARY KEY"}, "holds 63 characters, not 64"},
		"a padded key":     {madeTable{key: "char(80) PRIMARY KEY"}, cannotKeep},
		"a key of two":     {keyOfTwo, keyIsNot},
		"an index on more": {uniqueTogether, keyIsNot},
		"a partial index":  {partlyUnique, keyIsNot},
		"a mere index":     {merelyIndexed, keyIsNot},
		"another's index":  {uniqueElsewhere, keyIsNot},
		"an index that is not valid": {madeTable{key: "varchar(64)",
			options: "PARTITION BY HASH (session_key)", then: []string{
				"CREATE TABLE a PARTITION OF web_sessions FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
				"CREATE UNIQUE INDEX ON ONLY web_sessions (session_key)"}}, keyIsNot},
		"an expression": {madeTable{key: "text", then: []string{
			"CREATE UNIQUE INDEX ON web_sessions (lower(session_key))"}}, keyIsNot},
		"bounded data":      {madeTable{data: "varchar(1000)"}, tooSmall + "text"},
		"almost enough":     {madeTable{data: "varchar(1048575)"}, tooSmall + "text"},
		"padded data":       {madeTable{data: "char(2000000)"}, cannotKeep},
		"bytes":             {madeTable{data: "bytea"}, cannotKeep},
		"json":              {madeTable{data: "json"}, cannotKeep},
		"a collation":       {ignoringCase("session_data"), "nondeterministic text" + cannotKeep},
		"a bounded domain":  {madeTable{data: "note", then: nil}, tooSmall + "text"},
		"a date":            {madeTable{expire: "date"}, cannotKeep},
		"a text as date":    {madeTable{expire: "text"}, cannotKeep},
		"milliseconds":      {madeTable{expire: "timestamptz(3)"}, tooCoarse + "timestamp"},
		"seconds":           {madeTable{expire: "timestamp(0)"}, tooCoarse + "timestamp"},
		"a column more":     {madeTable{more: ", tenant int NOT NULL"}, demands},
		"a domain not null": {madeTable{more: ", tenant demanded"}, demands},
		"a trigger afterward": {
			madeTable{more: ", tenant int NOT NULL", then: fillsTenant("AFTER INSERT")}, demands},
		"a trigger of updates": {
			madeTable{more: ", tenant int NOT NULL", then: fillsTenant("BEFORE UPDATE")}, demands},
		"a trigger that is off": {madeTable{more: ", tenant int NOT NULL",
			then: append(fillsTenant("BEFORE INSERT"),
				"ALTER TABLE web_sessions DISABLE TRIGGER fill")}, demands},
	},
	dbtest.MariaDB: {
		"a short key":     {madeTable{key: "varchar(63) PRIMARY KEY"}, "holds 63 characters, not 64"},
		"a key of two":    {keyOfTwo, keyIsNot},
		"a mere index":    {merelyIndexed, keyIsNot},
		"another's index": {uniqueElsewhere, keyIsNot},
		"a part of a key": {madeTable{key: "varchar(64)", more: ", UNIQUE (session_key(20))"}, keyIsNot},
		"a padded key":    {madeTable{key: "binary(80) PRIMARY KEY"}, cannotKeep},
		"64 KiB":          {madeTable{data: "text"}, "holds 65535 " + tooSmall + "longtext"},
		"64 KiB of bytes": {madeTable{data: "blob"}, tooSmall + "longtext"},
		"255 bytes":       {madeTable{data: "tinytext"}, tooSmall + "longtext"},
		"bounded data":    {madeTable{data: "varchar(5000)"}, tooSmall + "longtext"},
		"seconds":         {madeTable{expire: "datetime"}, "holds 0 " + tooCoarse + "datetime(6)"},
		"milliseconds":    {madeTable{expire: "datetime(3)"}, tooCoarse + "datetime(6)"},
		"a zone's time":   {madeTable{expire: "timestamp(6)"}, cannotKeep},
		"a date":          {madeTable{expire: "date"}, cannotKeep},
		"a text as date":  {madeTable{expire: "varchar(40)"}, cannotKeep},
		"a column more":   {madeTable{more: ", tenant int NOT NULL"}, demands},
		"an enumeration":  {madeTable{more: ", tenant enum('a', 'b') NOT NULL"}, demands},
		"a moment more":   {madeTable{more: ", tenant timestamp(6) NOT NULL"}, demands},
		"a trigger afterward": {madeTable{more: ", tenant int NOT NULL", then: []string{
			"CREATE TRIGGER fill AFTER INSERT ON web_sessions FOR EACH ROW SET @a = 1"}}, demands},
		"no key but a row": {
			madeTable{key: "varchar(64)", more: ", id int AUTO_INCREMENT PRIMARY KEY"}, keyIsNot},
	},
}

// ignoringCase is a table of PostgreSQL's of which a column is compared by a collation to which "a"
// is what "A" is.
func ignoringCase(column string) madeTable {
	return madeTable{then: []string{
		"CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
		"ALTER TABLE web_sessions ALTER " + column + " TYPE text COLLATE ci"}}
}

// fillsTenant makes a trigger of PostgreSQL's that fills the column tenant.
func fillsTenant(when string) []string {
	return []string{
		"CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql " +
			"AS 'BEGIN NEW.tenant := 7; RETURN NEW; END'",
		"CREATE TRIGGER fill " + when + " ON web_sessions FOR EACH ROW EXECUTE FUNCTION fill()",
	}
}

var fitTables = map[dbtest.Kind]map[string]madeTable{
	dbtest.SQLite: {
		"as ours":        {},
		"declared sizes": {data: "varchar(10)", expire: "timestamp(0)"},
		"no types":       {key: "PRIMARY KEY", data: "BLOB"},
		"JSON":           {data: "JSON"},
		"a unique key":   {key: "varchar(64) UNIQUE"},
		"a unique index": {key: "text", then: []string{
			"CREATE UNIQUE INDEX u ON web_sessions (session_key)"}},
		"strict": {key: "TEXT PRIMARY KEY", expire: "TEXT", options: "STRICT"},
		"strict and any": {
			key: "ANY PRIMARY KEY", data: "ANY", expire: "ANY", options: "STRICT, WITHOUT ROWID"},
		"columns that can":   {more: ", a int, b int NOT NULL DEFAULT 1, c int AS (1) NOT NULL"},
		"a row ID":           {key: "text UNIQUE", more: ", id INTEGER NOT NULL PRIMARY KEY"},
		"capitals":           inCapitals,
		"an index of more":   {more: ", a int default 1, UNIQUE (a, session_key)"},
		"another collation":  {key: "text COLLATE NOCASE PRIMARY KEY"},
		"a row ID by itself": {key: "text UNIQUE", more: ", id INTEGER PRIMARY KEY AUTOINCREMENT"},
	},
	dbtest.Postgres: {
		"as ours":           {},
		"text":              {key: "text PRIMARY KEY"},
		"just enough":       {key: "char(64) PRIMARY KEY", data: "varchar(1048576)"},
		"boundless varchar": {key: "varchar UNIQUE", data: "varchar"},
		"another collation": ignoringCase("session_key"),
		"jsonb":             {data: "jsonb"},
		"UTC without zone":  {expire: "timestamp"},
		"six digits":        {expire: "timestamptz(6)"},
		"columns that can": {more: ", a int, b int NOT NULL DEFAULT 1, c serial, " +
			"d int GENERATED ALWAYS AS IDENTITY, e int NOT NULL GENERATED ALWAYS AS (1) STORED"},
		"a unique index": {key: "text", then: []string{
			"CREATE UNIQUE INDEX ON web_sessions (session_key) INCLUDE (expire_date)"}},
		"partitions": {options: "PARTITION BY HASH (session_key)", then: []string{
			"CREATE TABLE a PARTITION OF web_sessions FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
			"CREATE TABLE b PARTITION OF web_sessions FOR VALUES WITH (MODULUS 2, REMAINDER 1)"}},
		"a trigger that fills": {more: ", tenant int NOT NULL", then: fillsTenant("BEFORE INSERT")},
		"a domain that fills": {then: []string{"CREATE DOMAIN filled AS int NOT NULL DEFAULT 7",
			"ALTER TABLE web_sessions ADD tenant filled"}},
		"a view": {then: []string{
			"ALTER TABLE web_sessions RENAME TO kept", "CREATE VIEW web_sessions AS SELECT * FROM kept"}},
	},
	dbtest.MariaDB: {
		"as ours":       {},
		"mediumtext":    {data: "mediumtext"},
		"bytes":         {key: "varbinary(64) PRIMARY KEY", data: "longblob"},
		"json":          {data: "json"},
		"a unique key":  {key: "varchar(80) UNIQUE"},
		"a long key":    {key: "varchar(64)", more: ", UNIQUE (session_key(64))"},
		"a text as key": {key: "text", more: ", PRIMARY KEY (session_key(64))"},
		"char":          {key: "char(80) PRIMARY KEY"},
		"capitals":      inCapitals,
		"columns that can": {more: ", a int, b int NOT NULL DEFAULT 1, c int AS (1) STORED" +
			", d int NOT NULL AUTO_INCREMENT UNIQUE, e timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP" +
			", f int NOT NULL DEFAULT (1 + 1)"},
		"partitions": {options: "PARTITION BY KEY (session_key) PARTITIONS 2"},
		"versions":   {options: "WITH SYSTEM VERSIONING"},
		"a view": {then: []string{
			"ALTER TABLE web_sessions RENAME TO kept", "CREATE VIEW web_sessions AS SELECT * FROM kept"}},
		"a trigger that fills": {more: ", tenant int NOT NULL", then: []string{
			"CREATE TRIGGER fill BEFORE INSERT ON web_sessions FOR EACH ROW SET NEW.tenant = 7"}},
	},
}
