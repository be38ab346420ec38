package database

import (
	"errors"
	"os"
	"testing"
)

// Each place makes databases, says what it is, and drops what it has made.
func TestPlaces(t *testing.T) {
	for _, k := range Kinds {
		t.Run(string(k), func(t *testing.T) {
			t.Parallel()
			// The path of a socket is short, unlike t.TempDir.
			dir, err := os.MkdirTemp("", "bench")
			if err != nil {
				t.Fatal(err)
			}
			defer os.RemoveAll(dir)
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			place, err := NewPlace(k, dir)
			if errors.Is(err, ErrNotInstalled) && os.Getenv("CI") != "true" {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := place.Close(); err != nil {
					t.Error(err)
				}
			}()
			if v, err := place.Version(); err != nil || v == "" {
				t.Errorf("version %q: %v", v, err)
			}
			dsn, err := place.Create("one")
			if err != nil {
				t.Fatal(err)
			}
			db, err := Open(k, dsn, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := db.Exec("CREATE TABLE t (n INT)", "INSERT INTO t VALUES (1)"); err != nil {
				t.Error(err)
			}
			db.Pool.Close()
			if err := place.Drop("one"); err != nil {
				t.Error(err)
			}
		})
	}
}
