// Package layout says how a table keeps sessions: the form of its keys and times, and how it is
// made. There are two: our own, and Django's.
package layout

import (
	"time"
	"unicode/utf8"
)

// A Layout is how one table keeps sessions.
type Layout struct {
	Table      string // default name
	Cookie     string // default name of the cookie
	HashedKeys bool   // the row holds the SHA-256 of the key, not the key
	KeySize    int    // characters that the key column must hold
	// WellFormed tells whether a cookie's value can be a key at all. One that cannot is never
	// looked up.
	WellFormed func(key string) bool
	// Storable tells whether a row can have that key. One that cannot is unknown without a look.
	Storable func(key string) bool
	// DeleteMalformed: a cookie that is not well formed is deleted even if the session was not
	// touched.
	DeleteMalformed bool
	// DeleteUnknown: a cookie whose session is unknown is deleted by a request that merely reads.
	DeleteUnknown bool
	// LastCookieCounts: of several keys the last is looked up alone. Without it none counts, unless
	// it alone is live.
	LastCookieCounts bool
	// UnquoteCookie: cookie values are unquoted as Python's http.cookies does.
	UnquoteCookie bool
	// Location is where the wall clock of expire_date hangs on databases that store none (SQLite,
	// MySQL). UTC if nil.
	Location *time.Location
	// Err is why the table cannot be kept so, for New to refuse.
	Err error
	// Tables are the statements that make the table, by GORM's dialect name, with %[1]s for the
	// quoted table. Without: GORM's migrator.
	Tables map[string][]string
}

// Option makes an option of package gormsession out of a layout, which sets this function: so the
// packages of this module choose a layout, which nobody else can.
var Option func(Layout) any

// ownKey is ^[a-z0-9]{32}$, which every request with a cookie is asked.
func ownKey(key string) bool {
	if len(key) != 32 {
		return false
	}
	for i := range len(key) {
		if c := key[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// Own is the layout of this library.
func Own() Layout {
	return Layout{
		Table: "web_sessions", Cookie: "session",
		HashedKeys: true, KeySize: 64,
		WellFormed: ownKey, Storable: func(string) bool { return true },
	}
}

// Django is the layout of django.contrib.sessions.
func Django() Layout {
	return Layout{
		Table: "django_session", Cookie: "sessionid",
		KeySize:          40,
		WellFormed:       func(key string) bool { return utf8.RuneCountInString(key) >= 8 },
		Storable:         djangoStorable,
		DeleteMalformed:  true,
		DeleteUnknown:    true,
		LastCookieCounts: true,
		UnquoteCookie:    true,
		Tables: map[string][]string{
			"sqlite": {
				`CREATE TABLE %[1]s ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" datetime NOT NULL)`,
				`CREATE INDEX "django_session_expire_date_a5c62663" ON %[1]s ("expire_date")`,
			},
			"postgres": {
				`CREATE TABLE %[1]s ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" timestamp with time zone NOT NULL)`,
				`CREATE INDEX "django_session_session_key_c0390e0f_like" ON %[1]s ("session_key" varchar_pattern_ops)`,
				`CREATE INDEX "django_session_expire_date_a5c62663" ON %[1]s ("expire_date")`,
			},
			"mysql": {
				"CREATE TABLE %[1]s (`session_key` varchar(40) NOT NULL PRIMARY KEY, `session_data` " +
					"longtext NOT NULL, `expire_date` datetime(6) NOT NULL)",
				"CREATE INDEX `django_session_expire_date_a5c62663` ON %[1]s (`expire_date`)",
			},
		},
	}
}

// djangoStorable refuses what varchar(40) cannot hold, and what PostgreSQL refuses as text.
func djangoStorable(key string) bool {
	if !utf8.ValidString(key) || utf8.RuneCountInString(key) > 40 {
		return false
	}
	for _, r := range key {
		if r == 0 {
			return false
		}
	}
	return true
}
