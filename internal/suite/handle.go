package suite

import (
	"context"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/plugin/dbresolver"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A handle that cannot serve is refused at New and at Migrate.
func (on cases) TestHandleRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		db := d.Open(t)
		tx := db.Begin()
		defer tx.Rollback()
		for name, c := range map[string]struct {
			db   *gorm.DB
			want string
		}{
			"nil":  {nil, "is nil; give New what gorm.Open returned"},
			"zero": {&gorm.DB{}, "is nil; give New what gorm.Open returned"},
			"errored": {
				db.Exec("SELECT * FROM nowhere"), "carries an error; give New what gorm.Open returned",
			},
			"transaction":    {tx, "is a transaction; give New what gorm.Open returned"},
			"of transaction": {tx.Session(&gorm.Session{}), "is a transaction"},
			"prepared":       {tx.Session(&gorm.Session{PrepareStmt: true}), "is a transaction"},
		} {
			if _, err := gormsession.New(c.db); err == nil ||
				!strings.HasPrefix(err.Error(), "gormsession: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: New said %v", name, err)
			}
			if err := gormsession.Migrate(c.db); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: Migrate said %v", name, err)
			}
		}
	})
}

// A handle that carries what a query has left is taken for the database behind it, and is not
// changed.
func (on cases) TestHandleWithLeftovers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		ended, end := context.WithCancel(context.Background())
		end()
		for name, leave := range map[string]func(*gorm.DB) *gorm.DB{
			"conditions": func(db *gorm.DB) *gorm.DB {
				return db.Where("1 = 0").Table("nowhere").Limit(0)
			},
			"model": func(db *gorm.DB) *gorm.DB {
				return db.Model(&account{}).Unscoped().Select("id").Omit("session_data")
			},
			"DryRun": func(db *gorm.DB) *gorm.DB { return db.Session(&gorm.Session{DryRun: true}) },
			"SkipHooks": func(db *gorm.DB) *gorm.DB {
				return db.Session(&gorm.Session{SkipHooks: true})
			},
			"ended context": func(db *gorm.DB) *gorm.DB { return db.WithContext(ended) },
			"NewDB": func(db *gorm.DB) *gorm.DB {
				return db.Session(&gorm.Session{
					NewDB: true, AllowGlobalUpdate: true, FullSaveAssociations: true,
				})
			},
			"QueryFields": func(db *gorm.DB) *gorm.DB {
				return db.Session(&gorm.Session{QueryFields: true, CreateBatchSize: 1})
			},
			"PrepareStmt": func(db *gorm.DB) *gorm.DB {
				return db.Session(&gorm.Session{PrepareStmt: true})
			},
		} {
			d := dbtest.New(t, d.Kind())
			db := d.Open(t)
			handle := leave(db)
			s := on.newSiteOn(t, handle)
			s.db = db
			key := s.start(map[string]any{"name": "Ann"})
			s.visit(key, writeName("Bob"))
			if got := s.visit(key, readName); got.body != `"Bob"` {
				t.Errorf("%s: read %d %s", name, got.status, got.body)
			}
			if got := s.visit(key, pageF); got.status != 200 || len(s.rows()) != 0 {
				t.Errorf("%s: a flush left %d rows", name, len(s.rows()))
			}
			if name == "DryRun" && !handle.DryRun {
				t.Error("the application's handle lost its DryRun")
			}
		}
	})
}

type account struct{ ID int }

// Reads go to the primary: a replica may not know of a login yet, or of a logout.
func (on cases) TestReadsFromThePrimary(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		replica := dbtest.New(t, d.Kind())
		if err := gormsession.Migrate(replica.Open(t)); err != nil {
			t.Fatal(err)
		}
		db := d.Open(t)
		if err := db.Use(dbresolver.Register(dbresolver.Config{
			Replicas: []gorm.Dialector{replica.Dialector()},
		})); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closeReplica(t, db) })
		s := on.newSiteOn(t, db)
		key := s.start(map[string]any{"name": "Ann"})
		var n int64
		if err := db.Table("web_sessions").Count(&n).Error; err != nil || n != 0 {
			t.Fatalf("the application's own reads do not go to the replica: %d, %v", n, err)
		}
		if got := s.visit(key, readName); got.body != `"Ann"` || got.cookie != nil {
			t.Errorf("after the login: %s, %s", got.body, got.line)
		}
		// Each statement that decides on what it reads.
		other := s.visit(key, func(c *Call) {
			session := c.Session()
			session.Get("name")
			s.visit(key, writeName("Bob"))
			session.Set("n", 1)
			session.CycleKey()
		})
		if got := s.entries(other.cookie.Value); got["name"] != "Bob" || got["n"] != int64(1) {
			t.Errorf("after a replay: %v", got)
		}
		if found, err := s.plugin.Exists(context.Background(), other.cookie.Value); !found || err != nil {
			t.Errorf("Exists says %t, %v", found, err)
		}
		s.clock.advance(15 * 24 * time.Hour)
		if n, err := s.plugin.ClearExpired(context.Background()); n != 1 || err != nil {
			t.Errorf("ClearExpired says %d, %v", n, err)
		}
	})
}

func closeReplica(t *testing.T, db *gorm.DB) {
	pool, err := db.Clauses(dbresolver.Read).DB()
	if err == nil {
		err = pool.Close()
	}
	if err != nil {
		t.Error(err)
	}
}
