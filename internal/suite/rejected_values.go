package suite

import (
	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// strictSession has columns that refuse values.
type strictSession struct {
	gormsession.Session
	Agent string  `gorm:"size:10"`
	Level int64   `gorm:"type:smallint"`
	Nick  *string `gorm:"size:40;uniqueIndex"`
	Score int64   `gorm:"check:score_is_positive,score >= 0"`
	Must  *string `gorm:"size:40;not null"`
	Owner *int64
}

func (strictSession) TableName() string { return "strict_sessions" }

func strict(row gormsession.Session, e gormsession.Entries) strictSession {
	must := "there"
	s := strictSession{Session: row, Must: &must}
	s.Agent, _ = e.Get("agent").(string)
	s.Level, _ = e.Get("level").(int64)
	s.Score, _ = e.Get("score").(int64)
	if nick, ok := e.Get("nick").(string); ok {
		s.Nick = &nick
	}
	if id, ok := e.Get("owner").(int64); ok {
		s.Owner = &id
	}
	if e.Get("must") != nil {
		s.Must = nil
	}
	return s
}

// private is in every value that a database is made to refuse.
const private = "hunter2-the-data"

// badValues are what the columns of strictSession refuse, and what the log says of it.
func badValues(kind dbtest.Kind) map[string]struct {
	entry string
	value any
	says  string
} {
	type bad = struct {
		entry string
		value any
		says  string
	}
	switch kind {
	case dbtest.SQLite:
		return map[string]bad{
			"unique":   {"nick", private, "UNIQUE constraint failed: strict_sessions.nick"},
			"check":    {"score", -77123456, "CHECK constraint failed"},
			"not null": {"must", private, "NOT NULL constraint failed: strict_sessions.must"},
		}
	case dbtest.Postgres:
		return map[string]bad{
			"length":   {"agent", private, "SQLSTATE 22001"},
			"NUL":      {"agent", "a\x00b", "SQLSTATE 22021"},
			"range":    {"level", 77123456, "refused a value"}, // by the driver
			"unique":   {"nick", private, "SQLSTATE 23505, Table strict_sessions"},
			"check":    {"score", -77123456, "SQLSTATE 23514"},
			"not null": {"must", private, "SQLSTATE 23502, Table strict_sessions, Column must"},
			"foreign":  {"owner", 77123456, "SQLSTATE 23503"},
			"deferred": {"owner", 77123457, "SQLSTATE 23503"},
		}
	}
	return map[string]bad{
		"length":   {"agent", private, "error 1406, SQLSTATE 22001, of agent"},
		"charset":  {"agent", "🌍hunter2", "error 1366"},
		"range":    {"level", 77123456, "error 1264, SQLSTATE 22003, of level"},
		"unique":   {"nick", private, "error 1062, SQLSTATE 23000, of"},
		"check":    {"score", -77123456, "error 4025"},
		"not null": {"must", private, "error 1048, SQLSTATE 23000, of must"},
		"foreign":  {"owner", 77123456, "error 1452"},
	}
}
