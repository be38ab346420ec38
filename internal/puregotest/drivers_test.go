package puregotest

import (
	"path/filepath"
	"testing"

	libtnb "github.com/libtnb/sqlite"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// dialectors are the ways to SQLite: the one with C, which the others are held to, and those
// without.
var dialectors = map[string]func(dsn string) gorm.Dialector{
	"mattn":  sqlite.Open,
	"libtnb": libtnb.Open,
	"gorm's, on modernc's driver": func(dsn string) gorm.Dialector {
		return sqlite.New(sqlite.Config{DriverName: "sqlite", DSN: dsn})
	},
}

// eachDialector runs f for each, with an empty database.
func eachDialector(t *testing.T, f func(t *testing.T, dsn string, db *gorm.DB)) {
	for name, dialector := range dialectors {
		t.Run(name, func(t *testing.T) {
			dsn := "file:" + filepath.Join(t.TempDir(), "app.db") +
				"?_journal_mode=WAL&_busy_timeout=20&_pragma=journal_mode(WAL)&_pragma=busy_timeout(20)"
			db, err := gorm.Open(dialector(dsn), &gorm.Config{Logger: logger.Discard})
			if err != nil {
				t.Fatal(err)
			}
			pool, err := db.DB()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { pool.Close() })
			f(t, dsn, db)
		})
	}
}
