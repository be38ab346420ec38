package database

import (
	"errors"
	"os"
	"testing"
)

// Each place makes databases, says what it is, and drops what it has made.
func TestPlaces(t *testing.T) {
	for _, k := range append(Kinds, Redis) {
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
			defer db.Close()
			if k == Redis {
				numbered(t, place, db)
				return
			}
			if err := db.Exec("CREATE TABLE t (n INT)", "INSERT INTO t VALUES (1)"); err != nil {
				t.Error(err)
			}
			db.Close()
			if err := place.Drop("one"); err != nil {
				t.Error(err)
			}
		})
	}
}

// The databases of a Redis are apart: what is in one is not in another, and is gone with its own.
func numbered(t *testing.T, place Place, one *DB) {
	dsn, err := place.Create("two")
	if err != nil {
		t.Fatal(err)
	}
	two, err := Open(Redis, dsn, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer two.Close()
	one.Redis.Set(t.Context(), "key", "value", 0)
	for _, c := range []struct {
		drop string
		left int64
	}{{"two", 1}, {"one", 0}} {
		if err := place.Drop(c.drop); err != nil {
			t.Error(err)
		}
		if n := one.Redis.DBSize(t.Context()).Val() + two.Redis.DBSize(t.Context()).Val(); n != c.left {
			t.Errorf("%d keys after %s was dropped, not %d", n, c.drop, c.left)
		}
	}
}
