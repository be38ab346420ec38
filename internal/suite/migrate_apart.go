package suite

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// WithoutMigration leaves the table to the application, and New says where it is missing. The
// application's own AutoMigrate of the model makes one that serves, and does not spoil ours.
func (on behind) TestMigrationByHand(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		for name, migrate := range map[string]func(db *gorm.DB) error{
			"Migrate": func(db *gorm.DB) error {
				return gormsession.Migrate(db, gormsession.WithoutMigration())
			},
			"AutoMigrate": func(db *gorm.DB) error {
				return db.AutoMigrate(&gormsession.Session{})
			},
			"AutoMigrate after ours": func(db *gorm.DB) error {
				_ = gormsession.Migrate(db)
				return db.AutoMigrate(&gormsession.Session{})
			},
			"AutoMigrate twice": func(db *gorm.DB) error {
				_ = db.AutoMigrate(&gormsession.Session{})
				return db.AutoMigrate(&gormsession.Session{})
			},
			"Migrate after AutoMigrate": func(db *gorm.DB) error {
				_ = db.AutoMigrate(&gormsession.Session{})
				return gormsession.Migrate(db)
			},
		} {
			db, statements := dbtest.New(t, d.Kind()).OpenCounted(t)
			_, err := gormsession.New(db, gormsession.WithoutMigration())
			if want := "table web_sessions is missing: make it by gormsession.Migrate"; err == nil ||
				!strings.Contains(err.Error(), want) {
				t.Errorf("%s: New without a table: %v", name, err)
			}
			if ddl := ddlOf(statements); ddl != nil || db.Migrator().HasTable("web_sessions") {
				t.Errorf("%s: WithoutMigration did %q", name, ddl)
			}
			if err := migrate(db); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			columns := columnsOf(t, db, "web_sessions")
			if columns["index on expire_date"] != "unique=0" {
				t.Errorf("%s: no index on expire_date in %v", name, columns)
			}
			if d.Kind() == dbtest.MariaDB && name == "AutoMigrate after ours" &&
				columns["session_key"] != "varchar(64) not null ascii_bin" {
				t.Errorf("%s: session_key has become %s", name, columns["session_key"])
			}
			s := on.newSiteOn(t, db)
			key := s.start(map[string]any{"name": "Ann"})
			s.visit(key, writeName("Bob"))
			if is := s.entries(key)["name"]; is != "Bob" {
				t.Errorf("%s: read %v", name, is)
			}
			if after := columnsOf(t, db, "web_sessions"); !maps.Equal(columns, after) {
				t.Errorf("%s: New altered the table from %v to %v", name, columns, after)
			}
		}
	})
}

// A database that does not answer is an error of New, not a missing table.
func (on behind) TestNewWithoutADatabase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		db, statements := d.OpenCounted(t)
		statements.Fail(func(string) error { return fmt.Errorf("the line is cut") })
		_, err := gormsession.New(db, gormsession.WithTimeout(time.Second))
		if err == nil || !strings.Contains(err.Error(), "the line is cut") {
			t.Errorf("New said %v", err)
		}
		statements.Fail(nil)
		if db.Migrator().HasTable("web_sessions") {
			t.Error("a table was made")
		}
	})
}
