package suite

import (
	"net/http"
	"strconv"
	"sync"
	"testing"

	"gorm.io/gorm"
	"gorm.io/plugin/dbresolver"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A resolver prepares statements for the pools of its own, where the handle does. Ours it does not:
// small pools serve, a type that changes is not noticed, and a fault is a 503.
func (on cases) TestResolverThatPrepares(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		source := dbtest.New(t, d.Kind())
		db := d.Open(t, c.Gorm())
		resolver := dbresolver.Register(dbresolver.Config{
			Sources:  []gorm.Dialector{source.Dialector()},
			Replicas: []gorm.Dialector{d.Dialector()}, // knows of no session
		})
		if err := db.Use(resolver); err != nil {
			t.Fatal(err)
		}
		resolver.SetMaxOpenConns(4).SetMaxIdleConns(4)
		pool, err := db.Clauses(dbresolver.Write).DB()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			pool.Close()
			if replicas, err := db.Clauses(dbresolver.Read).DB(); err == nil {
				replicas.Close()
			}
		})
		s := on.newSiteOn(t, db)
		key, sets := s.start(map[string]any{"n": 0}), 0
		together := func() {
			t.Helper()
			var wg sync.WaitGroup
			for i := range 36 {
				page := increment
				if i%3 == 0 {
					sets++
					name := strconv.Itoa(sets)
					page = func(c *Call) { c.Session().Set(name, 1) }
				}
				wg.Go(func() {
					if got := s.visit(key, page); got.status != http.StatusOK {
						t.Errorf("answered with %d\n%s", got.status, s.log)
					}
				})
			}
			wg.Wait()
		}
		together()
		aside := source.Open(t)
		if d.Kind() == dbtest.Postgres {
			statement := "ALTER TABLE web_sessions ALTER session_data TYPE varchar(100000)"
			if err := aside.Exec(statement).Error; err != nil {
				t.Fatal(err)
			}
		}
		together()
		if entries := s.entries(key); entries["n"] != int64(48) || len(entries) != 25 {
			t.Errorf("the session is %v", entries)
		}
		if err := aside.Exec("DROP TABLE web_sessions").Error; err != nil {
			t.Fatal(err)
		}
		s.allUnavailable(key)
		pool.Close()
		s.allUnavailable(key)
	})
}
