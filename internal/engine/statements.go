package engine

import (
	"fmt"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// texts are those of the statements of each request, made once, with the parameters as the database
// wants them.
type texts struct {
	look, find    string // the row of a key; if it is live
	near          string // the rows of two keys, if they are live, with their keys
	lockAny, lock string // the same, locked
	same          string // the row of a key that holds a text
	insert        string // of a row without columns besides ours, as the next two are
	update, rekey guardedText
	touch         string
}

// A guardedText is that of a write that hits a row only while it is what was loaded.
type guardedText struct {
	free string // whether it has ended or not
	live string // while it has not
}

// ofRequests are the texts of what requests do as a rule. bare tells whether the model has no
// columns besides ours.
func (s texts) ofRequests(bare bool) []string {
	texts := []string{s.find, s.lock, s.lockAny, s.touch}
	if bare {
		texts = append(texts, s.insert, s.update.live, s.update.free, s.rekey.live, s.rekey.free)
	}
	return texts
}

func (t *Table) makeTexts() texts {
	table, look := t.db.Statement.Quote(t.table), t.lookQuery()
	guarded := func(set string, params int) guardedText {
		query := fmt.Sprintf("UPDATE %s SET %s "+
			"WHERE session_key = ? AND %s", table, set, t.dialect.sameData)
		return guardedText{t.text(query, params), t.text(query+" AND expire_date > ?", params+1)}
	}
	live := look + " AND expire_date > ?"
	seen, params := "", 3
	if column := t.model.Seen(); column != "" {
		seen, params = ", "+t.db.Statement.Quote(column)+" = ?", 4
	}
	return texts{
		look: t.text(look, 1), find: t.text(live, 2), near: t.text(t.nearQuery(), 3),
		lockAny: t.text(look+t.dialect.lock, 1), lock: t.text(live+t.dialect.lock, 2),
		same: t.text(look+" AND "+t.dialect.sameData, 2),
		insert: t.text("INSERT INTO "+table+
			" (session_key, session_data, expire_date) VALUES (?, ?, ?)", 3),
		update: guarded("session_data = ?, expire_date = ?", 4),
		rekey:  guarded("session_key = ?, session_data = ?, expire_date = ?", 5),
		touch: t.text("UPDATE "+table+" SET expire_date = ?"+seen+
			" WHERE session_key = ? AND expire_date = ?", params),
	}
}

// lookQuery selects the row of a key, for scan.
func (t *Table) lookQuery() string {
	key := "session_key, "
	if t.layout.HashedKeys {
		key = ""
	}
	return fmt.Sprintf("SELECT %ssession_data, %s FROM %s WHERE session_key = ?",
		key, t.dialect.expireText, t.db.Statement.Quote(t.table))
}

// text writes a query with ? for so many parameters as the database wants them.
func (t *Table) text(query string, params int) string {
	text, _ := t.build(query, slices.Repeat([]any{""}, params))
	return text
}

// build writes a query with ? for its parameters, and those, as the database wants them.
func (t *Table) build(query string, params []any) (text string, vars []any) {
	stmt := &gorm.Statement{DB: t.db, Clauses: map[string]clause.Clause{}}
	clause.Expr{SQL: query, Vars: params}.Build(stmt)
	return stmt.SQL.String(), stmt.Vars
}
