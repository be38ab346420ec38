package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// openDatabase opens the application's own database. The sessions move in with
// it: their table is made when the shop is built.
func openDatabase(file string, level logger.LogLevel) (*gorm.DB, error) {
	if err := makePrivate(file); err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	// As a URI, so that a ? in the path is no option. WAL lets readers go on while
	// somebody writes; who waits for the lock gives up before the library does.
	uri := "file:" + (&url.URL{Path: filepath.ToSlash(file)}).EscapedPath() +
		"?_journal_mode=WAL&_busy_timeout=4000"
	db, err := gorm.Open(sqlite.Open(uri), &gorm.Config{
		Logger: logger.New(log.Default(),
			logger.Config{LogLevel: level, SlowThreshold: time.Second}),
	})
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	return db, nil
}

// makePrivate makes the file if it is missing, for this user's eyes alone,
// whatever the umask: it holds what people have in their sessions. SQLite gives
// the files that it lays beside it, -wal and -shm, the permissions of this one;
// those that a crash has left get them here.
func makePrivate(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
		return err
	}
	for _, suffix := range []string{"-wal", "-shm", "-journal"} {
		err := os.Chmod(file+suffix, 0o600)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func closeDatabase(db *gorm.DB) {
	if pool, err := db.DB(); err == nil {
		pool.Close()
	}
}
