package dbtest

import (
	"os"
	"testing"

	"gorm.io/gorm"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

type note struct {
	ID   int64
	Text string
}

func TestEachIsARealDatabase(t *testing.T) {
	Each(t, func(t *testing.T, d *DB) {
		t.Parallel()
		db := d.Open(t)
		if err := db.AutoMigrate(&note{}); err != nil {
			t.Fatal(err)
		}
		if err := db.Create(&note{Text: "hello, wörld 🌍"}).Error; err != nil {
			t.Fatal(err)
		}
		// A second pool sees it, as another process would.
		other, err := OpenDSN(d.Kind(), d.DSN(), &gorm.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer closePool(t, other)
		var got note
		if err := other.Take(&got).Error; err != nil {
			t.Fatal(err)
		}
		if got.Text != "hello, wörld 🌍" {
			t.Errorf("read back %q", got.Text)
		}
		// Another database does not.
		if New(t, d.Kind()).Open(t).Migrator().HasTable(&note{}) {
			t.Error("a second database holds the table of the first")
		}
	})
}

func closePool(t *testing.T, db *gorm.DB) {
	t.Helper()
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	if err := pool.Close(); err != nil {
		t.Error(err)
	}
}
