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

// inWAL has a file be shared by connections as a server should have it.
const inWAL = "?_journal_mode=WAL&_busy_timeout=20&_pragma=journal_mode(WAL)&" +
	"_pragma=busy_timeout(20)"

// eachDialector runs f for each, with an empty database that is opened with these options.
func eachDialector(t *testing.T, options string, f func(t *testing.T, dsn string, db *gorm.DB)) {
	for name, dialector := range dialectors {
		t.Run(name, func(t *testing.T) {
			dsn := "file:" + filepath.Join(t.TempDir(), "app.db") + options
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
