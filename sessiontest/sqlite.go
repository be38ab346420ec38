package sessiontest

import (
	"path/filepath"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// SQLite opens an empty database for one test, by the driver's Open, such as that of
// gorm.io/driver/sqlite or of github.com/libtnb/sqlite. It is a file that goes with the test, in
// WAL mode, whose writers wait for each other: with :memory: each connection of the pool would have
// a database of its own, and lose the table.
func SQLite(t testing.TB, open func(dsn string) gorm.Dialector, opts ...gorm.Option) *gorm.DB {
	t.Helper()
	// Each driver heeds its own parameters, and no other.
	dsn := "file:" + filepath.ToSlash(filepath.Join(t.TempDir(), "test.db")) +
		"?_journal_mode=WAL&_busy_timeout=4000&_txlock=immediate" +
		"&_pragma=journal_mode(WAL)&_pragma=busy_timeout(4000)"
	quiet := &gorm.Config{Logger: logger.Default.LogMode(logger.Error)}
	db, err := gorm.Open(open(dsn), append([]gorm.Option{quiet}, opts...)...)
	if err != nil {
		t.Fatalf("sessiontest: %v", err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatalf("sessiontest: %v", err)
	}
	t.Cleanup(func() {
		_ = pool.Close()
		// A sweep of expired rows may still be at work: its files would outlive the directory.
		end := time.Now().Add(patience)
		for pool.Stats().OpenConnections > 0 && time.Now().Before(end) {
			time.Sleep(time.Millisecond)
		}
	})
	return db
}
