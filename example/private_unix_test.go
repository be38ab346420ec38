//go:build unix

package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"gorm.io/gorm/logger"

	"github.com/seed7368b609/gormsession"
)

// What people have in their sessions is for this user alone, in each of SQLite's
// files and under each umask. Not parallel: the umask is the process's.
func TestTheDatabaseIsPrivate(t *testing.T) {
	for name, c := range map[string]struct {
		umask int
		left  fs.FileMode // what files of these names have, 0 if there are none
	}{
		"a generous umask":          {0, 0},
		"the usual umask":           {0o022, 0},
		"an umask that takes all":   {0o777, 0},
		"a file that all may read":  {0o022, 0o644},
		"a file that all may write": {0, 0o666},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "shop?mode=memory.db")
			if c.left != 0 {
				for _, suffix := range []string{"", "-wal", "-shm"} {
					if err := os.WriteFile(file+suffix, nil, c.left); err != nil {
						t.Fatal(err)
					}
					if err := os.Chmod(file+suffix, c.left); err != nil {
						t.Fatal(err)
					}
				}
			}
			defer syscall.Umask(syscall.Umask(c.umask))
			db, err := openDatabase(file, logger.Silent)
			if err != nil {
				t.Fatal(err)
			}
			defer closeDatabase(db)
			if err := gormsession.Migrate(db); err != nil {
				t.Fatal(err)
			}
			for _, suffix := range []string{"", "-wal", "-shm"} {
				info, err := os.Stat(file + suffix)
				if err != nil {
					t.Fatal(err)
				}
				if mode := info.Mode().Perm(); mode != 0o600 {
					t.Errorf("%s has %o, want 600", filepath.Base(file+suffix), mode)
				}
			}
		})
	}
}
