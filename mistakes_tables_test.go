package gormsession_test

import (
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/django"
)

// Database handles and tables that cannot serve.
var mistakesOfTables = []mistake{
	{"no database", func(m *maker) string { return m.refusal(gormsession.New(nil)) }},
	{"the result of a query that has failed", func(m *maker) string {
		return m.refusal(gormsession.New(m.db.Table("orders").Find(&[]map[string]any{})))
	}},
	{"a transaction", func(m *maker) string {
		tx := m.db.Begin()
		defer tx.Rollback()
		return m.refusal(gormsession.New(tx))
	}},
	{"a database of another kind", func(m *maker) string {
		m.db.Dialector = renamed{m.db.Dialector}
		return m.refusal(gormsession.New(m.db))
	}},
	{"a pool that is closed", func(m *maker) string {
		pool, err := m.db.DB()
		if err == nil {
			err = pool.Close()
		}
		return m.refusal(gormsession.New(m.db)) + m.no(err)
	}},
	{"no migration, and no table", refused(gormsession.WithoutMigration())},
	{"a table of something else", func(m *maker) string {
		err := m.db.Exec("CREATE TABLE web_sessions (id integer PRIMARY KEY)").Error
		return m.refusal(gormsession.New(m.db)) + m.no(err)
	}},
	{"Django's table", func(m *maker) string {
		_, err := gormsession.New(m.db, django.Compatible(django.Config{SecretKey: "a secret"}))
		return m.refusal(gormsession.New(m.db, gormsession.WithTable("django_session"))) + m.no(err)
	}},
	{"a column that demands a value", func(m *maker) string {
		err := m.db.Exec("CREATE TABLE web_sessions (session_key varchar(64) PRIMARY KEY, " +
			"session_data text, expire_date datetime, tenant text NOT NULL)").Error
		return m.refusal(gormsession.New(m.db)) + m.no(err)
	}},
	{"users, and a table from before", func(m *maker) string {
		m.plugin()
		return m.refusal(gormsession.New(m.db, gormsession.WithUsers()))
	}},
	{"a model with a column that the table lacks", func(m *maker) string {
		m.plugin()
		return m.refusal(gormsession.New(m.db, withModel[themed]()))
	}},
	{"SQLite without a busy timeout", func(m *maker) string {
		db, err := gorm.Open(sqlite.Open("file:" + m.TempDir() + "/app.db?_busy_timeout=0"))
		if err != nil {
			m.Fatal(err)
		}
		m.closed(db)
		m.db = db
		m.plugin()
		return ""
	}},
	{"SQLite in memory", func(m *maker) string {
		db, err := gorm.Open(sqlite.Open("file::memory:?_busy_timeout=4000"))
		if err != nil {
			m.Fatal(err)
		}
		m.closed(db)
		m.db = db
		plugin := m.plugin()
		tx := db.Begin() // has the connection that has the table
		defer tx.Rollback()
		return m.visit(plugin, set("name", "Ann"))
	}},
	{"a handler's transaction, and one connection", func(m *maker) string {
		pool, err := m.db.DB()
		if err != nil {
			m.Fatal(err)
		}
		pool.SetMaxOpenConns(1)
		return m.transactionInHandler()
	}},
}

// no ends a mistake that could not be made.
func (m *maker) no(err error) string {
	m.Helper()
	if err != nil {
		m.Fatal(err)
	}
	return ""
}

// closed has a database closed at the end.
func (m *maker) closed(db *gorm.DB) {
	m.Cleanup(func() {
		if pool, err := db.DB(); err == nil {
			_ = pool.Close()
		}
	})
}

// renamed is a dialect that nobody knows.
type renamed struct{ gorm.Dialector }

func (renamed) Name() string { return "sqlserver" }
