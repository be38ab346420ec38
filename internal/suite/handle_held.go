package suite

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A handler that holds the pool's only connection in a transaction does not hang.
func (on cases) TestPoolOfOneConnection(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newSiteOn(t, d.Open(t), gormsession.WithTimeout(500*time.Millisecond))
		s.pool().SetMaxOpenConns(1)
		key := s.start(map[string]any{"name": "Ann"})
		for name, page := range map[string]func(*Call){
			"load":           readName,
			"load and write": writeName("Bob"),
			"save": func(c *Call) {
				session := c.Session()
				session.Set("name", "Bob")
				if err := session.Save(); !errors.Is(err, gormsession.ErrUnavailable) {
					t.Errorf("Save said %v", err)
				}
			},
		} {
			begin := time.Now()
			got := s.visit(key, func(c *Call) {
				tx := s.db.Begin()
				defer tx.Rollback()
				page(c)
			})
			if took := time.Since(begin); got.status != http.StatusServiceUnavailable || got.cookie != nil ||
				took > 3*time.Second {
				t.Errorf("%s: %d after %v, %s", name, got.status, took, got.line)
			}
		}
		s.log.wants(t, "all 1 connections of the pool are in use", "SetMaxOpenConns of 2 and more",
			"level=ERROR")
		if got := s.visit(key, readName); got.body != `"Ann"` {
			t.Errorf("afterwards: %d %s", got.status, got.body)
		}
	})
}

// What a callback of the application's refuses is a fault like one of the database: 503, and nobody
// is logged out.
func (on cases) TestCallbackThatRefuses(t *testing.T) {
	refusal := errors.New("not today")
	refuse := func(db *gorm.DB) { _ = db.AddError(refusal) }
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		for name, c := range map[string]struct {
			register func(db *gorm.DB) error
			page     func(*Call)
		}{
			"before a read": {
				func(db *gorm.DB) error { return db.Callback().Row().Before("gorm:row").Register("t", refuse) },
				readName,
			},
			"after a read": {
				func(db *gorm.DB) error { return db.Callback().Row().After("gorm:row").Register("t", refuse) },
				readName,
			},
			"before a create": { // after a flush, so the cookie of the row that is gone goes
				func(db *gorm.DB) error {
					return db.Callback().Create().Before("gorm:create").Register("t", refuse)
				}, pageN},
			"before an update": {
				func(db *gorm.DB) error {
					return db.Callback().Update().Before("gorm:update").Register("t", refuse)
				},
				pageW,
			},
			"after an update": {
				func(db *gorm.DB) error {
					return db.Callback().Update().After("gorm:update").Register("t", refuse)
				},
				pageW,
			},
			"before a cycle": {
				func(db *gorm.DB) error {
					return db.Callback().Update().Before("gorm:update").Register("t", refuse)
				},
				pageC,
			},
			"before a touch": {
				func(db *gorm.DB) error {
					return db.Callback().Update().Before("gorm:update").Register("t", refuse)
				},
				pageT,
			},
			"before a flush": {
				func(db *gorm.DB) error {
					return db.Callback().Delete().Before("gorm:delete").Register("t", refuse)
				},
				pageF,
			},
		} {
			d := dbtest.New(t, d.Kind())
			s, past := on.newSite(t, d), d.Open(t) // where nobody refuses
			key := s.start(map[string]any{"name": "Ann"})
			before := rowsOf(t, past, s.table)[stored(key)]
			if err := c.register(s.db); err != nil {
				t.Fatal(err)
			}
			s.clock.advance(24 * time.Hour)
			got := s.visit(key, c.page)
			if got.status != http.StatusServiceUnavailable || got.cookie != nil &&
				name != "before a create" || strings.Contains(got.body, "today") {
				t.Errorf("%s: %d %q, %s", name, got.status, got.body, got.line)
			}
			// a callback undoes nothing then
			done := s.db.SkipDefaultTransaction && name == "after an update"
			if row := rowsOf(t, past, s.table)[stored(key)]; row != before && name != "before a create" &&
				!done {
				t.Errorf("%s: the row was changed from %v to %v", name, before, row)
			}
			s.log.wants(t, "not today")
			pool, _ := s.db.DB()
			if n := pool.Stats().InUse; n != 0 {
				t.Errorf("%s: %d connections were kept", name, n)
			}
		}
	})
}
