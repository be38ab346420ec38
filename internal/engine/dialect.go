package engine

import (
	"database/sql"
)

// A dialect is what differs between the databases.
type dialect struct {
	deaf       bool   // a driver may wait on after the deadline, for the busy timeout
	confirm    string // whose COMMIT waits for a standby; "": each does
	sameData   string // compares session_data byte by byte with a parameter
	expireText string // selects expire_date without a driver's idea of zones
	size       string // of session_data in bytes
	text       string // session_data as a text
	lock       string // locks the selected row until the end of the transaction
	wallClock  bool   // expire_date holds a wall clock, not an instant
	storage    string // options of a table that is made
	tx         *sql.TxOptions
	deletes    *sql.TxOptions // at which a DELETE misses no row that gets another key meanwhile

	micros string // selects the server's time in microseconds of Unix time; "" of this process's

	txLock                     string // locks a number until the transaction ends, after its COMMIT
	sessionLock, sessionUnlock string // locks a name on a connection, for so many seconds of waiting
}

var dialects = map[string]dialect{
	// SQLite knows one writer at a time, and the missed UPDATE before the SELECT has made us that
	// one. expire_date is read as bytes: a driver may make a time, in a zone of its own, of a text
	// that looks like one.
	"sqlite": {
		sameData: "session_data = ? COLLATE BINARY", expireText: "CAST(expire_date AS BLOB)",
		wallClock: true, deaf: true,
		size: "LENGTH(CAST(session_data AS BLOB))", text: "session_data",
	},
	// READ COMMITTED because a lock queues only there: at the higher levels it fails what waited.
	"postgres": {
		confirm:  "SELECT pg_logical_emit_message(true, 'gormsession', '')",
		sameData: "session_data = ?", expireText: "expire_date", lock: " FOR UPDATE",
		size: "OCTET_LENGTH(CAST(session_data AS text))", text: "CAST(session_data AS text)",
		// A save within an expiry step changes no index: with room on the page the row stays there.
		storage: " WITH (fillfactor = 85)",
		tx:      &sql.TxOptions{Isolation: sql.LevelReadCommitted},
		deletes: &sql.TxOptions{Isolation: sql.LevelReadCommitted},
		micros:  "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS bigint)",
		txLock:  "SELECT 1 FROM pg_advisory_xact_lock(CAST(? AS bigint))",
	},
	// MySQL's usual collations call "Ann" and "ann" equal, and bytes depend on the column's
	// charset.
	"mysql": {
		sameData:   "CONVERT(session_data USING utf8mb4) = CAST(? AS BINARY)",
		expireText: "CAST(expire_date AS CHAR)", lock: " FOR UPDATE", wallClock: true,
		size: "LENGTH(session_data)", text: "session_data",
		// READ COMMITTED gives back what it has locked and found changed.
		deletes: &sql.TxOptions{Isolation: sql.LevelRepeatableRead},
		// Not UNIX_TIMESTAMP, which is off by an hour where the server's zone shows one twice.
		micros: "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))",
		// A name counts on all of the server, and has 64 characters.
		sessionLock:   "SELECT GET_LOCK(SHA2(CONCAT_WS('/', 'gormsession', DATABASE(), ?), 224), ?)",
		sessionUnlock: "SELECT RELEASE_LOCK(SHA2(CONCAT_WS('/', 'gormsession', DATABASE(), ?), 224))",
	},
}
