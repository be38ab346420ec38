package fault

import (
	"slices"
	"strings"
)

// A News is what a database may say of a table, by the words of each: SQLSTATEs of PostgreSQL,
// numbers of MySQL, texts of SQLite.
type News struct {
	postgres []string
	mysql    []uint64
	sqlite   []string
}

var (
	NoTable    = News{[]string{"42P01"}, []uint64{1146, 1049}, []string{"no such table"}}
	NoColumn   = News{[]string{"42703"}, []uint64{1054}, []string{"no such column"}}
	NoRight    = News{[]string{"42501"}, []uint64{1142, 1143, 1044}, []string{"readonly database"}}
	NoFunction = News{postgres: []string{"42883"}}
	// Pooled: a pooler has given our statement to a connection that has another one of that name,
	// or none.
	Pooled = News{postgres: []string{"42P05", "26000"}}
)

// Tells tells whether err is that news.
func (r Reader) Tells(err error, n News) bool {
	if err == nil {
		return false
	}
	switch r.name {
	case "sqlite":
		said := func(text string) bool { return strings.Contains(err.Error(), text) }
		return slices.ContainsFunc(n.sqlite, said)
	case "postgres":
		return slices.Contains(n.postgres, sqlState(err))
	}
	return slices.Contains(n.mysql, mysqlNumber(err))
}

// IsClosed tells whether the pool is closed. There is no value to compare it with.
func IsClosed(err error) bool { return strings.Contains(err.Error(), "sql: database is closed") }
