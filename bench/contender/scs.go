package contender

import (
	"fmt"

	"github.com/alexedwards/scs/gormstore"
	"github.com/alexedwards/scs/mysqlstore"
	"github.com/alexedwards/scs/postgresstore"
	"github.com/alexedwards/scs/sqlite3store"
	"github.com/alexedwards/scs/v2"
	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/bench/database"
)

// scsOnGORM is alexedwards/scs around gin, with its store for GORM.
func scsOnGORM(tuned bool) func(*database.DB) (*Site, error) {
	return func(db *database.DB) (*Site, error) {
		g, err := db.GORM(tuned)
		if err != nil {
			return nil, err
		}
		store, err := gormstore.NewWithCleanupInterval(g, 0)
		if err != nil {
			return nil, err
		}
		return scsSite(store), nil
	}
}

// scsOnSQL is alexedwards/scs around gin, with its store for the database at hand.
func scsOnSQL(db *database.DB) (*Site, error) {
	token, blob, stamp := "TEXT", "BLOB", "REAL"
	switch db.Kind {
	case database.Postgres:
		blob, stamp = "BYTEA", "TIMESTAMPTZ"
	case database.MariaDB:
		token, stamp = "CHAR(43)", "TIMESTAMP(6)"
	}
	err := db.Exec(
		fmt.Sprintf(`CREATE TABLE IF NOT EXISTS sessions (
			token %s PRIMARY KEY, data %s NOT NULL, expiry %s NOT NULL)`, token, blob, stamp),
		`CREATE INDEX IF NOT EXISTS sessions_expiry_idx ON sessions (expiry)`,
	)
	if err != nil {
		return nil, err
	}
	switch db.Kind {
	case database.Postgres:
		return scsSite(postgresstore.NewWithCleanupInterval(db.Pool, 0)), nil
	case database.MariaDB:
		return scsSite(mysqlstore.NewWithCleanupInterval(db.Pool, 0)), nil
	}
	return scsSite(sqlite3store.NewWithCleanupInterval(db.Pool, 0)), nil
}

func scsSite(store scs.Store) *Site {
	m := scs.New()
	m.Store = store
	m.Lifetime = Lifetime
	m.Cookie.Name = CookieName
	e := newEngine()
	route(e, library{
		get:  func(c *gin.Context, name string) any { return m.Get(c.Request.Context(), name) },
		set:  func(c *gin.Context, name string, v any) { m.Put(c.Request.Context(), name, v) },
		save: savedAtTheEnd,
	})
	return &Site{Handler: m.LoadAndSave(e), Table: "sessions", KeyColumn: "token",
		RowKey: same, Cookie: same}
}
