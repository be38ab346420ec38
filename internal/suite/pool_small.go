package suite

import (
	"net/http"
	"strconv"
	"sync"
	"testing"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Requests at once on one session of a process that has just started are all served, however small
// the pool: a statement that is prepared waits for a connection that transactions have, each of
// which may wait for that statement. The application's own handle, which does prepare, is in use
// meanwhile.
func (on cases) TestSmallPoolsServeManyAtOnce(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		first := on.fresh(t, d, c)
		for _, size := range []int{2, 5, 10} {
			for _, own := range []bool{false, true} {
				key := first.start(map[string]any{"n": 0})
				s := on.fresh(t, d, c)
				s.pool().SetMaxOpenConns(size)
				s.pool().SetMaxIdleConns(size)
				prepares := s.db.Session(&gorm.Session{PrepareStmt: true})
				query := func() {
					var one int
					if !own {
						return
					}
					if err := prepares.Raw("SELECT 1").Scan(&one).Error; err != nil {
						t.Error(err)
					}
				}
				var wg sync.WaitGroup
				for i := range 36 {
					page := func(c *Call) { query(); increment(c); query() }
					if i%3 == 0 {
						page = func(c *Call) { query(); set(strconv.Itoa(i), i)(c) }
					}
					wg.Go(func() {
						if got := s.visit(key, page); got.status != http.StatusOK {
							t.Errorf("a pool of %d, own statements %t: answered with %d\n%s",
								size, own, got.status, s.log)
						}
					})
				}
				wg.Wait()
				if entries := s.entries(key); entries["n"] != int64(24) || len(entries) != 13 {
					t.Errorf("a pool of %d: the session is %v", size, entries)
				}
			}
		}
	})
}

// A handle that prepares may have been made out of one that prepares already, and the table may
// change while it is in use.
func (on cases) TestHandleThatPreparesTwice(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		once := d.Open(t, &gorm.Config{PrepareStmt: true})
		twice := once.Session(&gorm.Session{PrepareStmt: true})
		s := on.newSiteOn(t, twice)
		key := s.start(map[string]any{"n": 1})
		s.visit(key, showCounter)
		changes := map[dbtest.Kind]string{ // what GORM has prepared fails from here on
			dbtest.SQLite:   "ALTER TABLE web_sessions ADD COLUMN note text",
			dbtest.Postgres: "ALTER TABLE web_sessions ALTER session_data TYPE varchar(100000)",
			dbtest.MariaDB:  "ALTER TABLE web_sessions MODIFY session_data mediumtext NOT NULL",
		}
		if err := d.Open(t).Exec(changes[d.Kind()]).Error; err != nil {
			t.Fatal(err)
		}
		if got := s.visit(key, increment); got.body != "2" {
			t.Errorf("answered with %d %s", got.status, got.body)
		}
		s.pool().Close()
		s.allUnavailable(key)
	})
}

// On PostgreSQL each warm connection has plans that are out of date once a column's type has
// changed. Nothing has run, so nobody is told.
func (on cases) TestColumnTypeChangesWhileRunning(t *testing.T) {
	for _, c := range dbtest.RunConfigs(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			d := dbtest.New(t, dbtest.Postgres)
			s, aside := on.fresh(t, d, c), d.Open(t)
			s.pool().SetMaxOpenConns(12)
			s.pool().SetMaxIdleConns(12)
			key := s.start(map[string]any{"n": 0})
			together := func(pages ...func(*Call)) {
				t.Helper()
				var wg sync.WaitGroup
				for i := range 36 {
					wg.Go(func() {
						if got := s.visit(key, pages[i%len(pages)]); got.status != http.StatusOK {
							t.Errorf("answered with %d\n%s", got.status, s.log)
						}
					})
				}
				wg.Wait()
			}
			together(increment)
			for _, column := range []string{"varchar(100000)", "text", "varchar(99999)"} {
				together(showCounter, increment, writeName("Ann")) // warm
				statement := "ALTER TABLE web_sessions ALTER session_data TYPE " + column
				if err := aside.Exec(statement).Error; err != nil {
					t.Fatal(err)
				}
				together(showCounter, increment, writeName("Bob"))
			}
			for _, column := range []string{"timestamp", "timestamptz"} {
				together(showCounter)
				err := aside.Exec("ALTER TABLE web_sessions ALTER expire_date TYPE " + column +
					" USING expire_date AT TIME ZONE 'UTC'").Error
				if err != nil {
					t.Fatal(err)
				}
				together(showCounter)
			}
			if got := s.visit(key, showCounter); got.body != "108" {
				t.Errorf("n is %s", got.body)
			}
		})
	}
}
