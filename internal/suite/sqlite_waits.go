package suite

import (
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Where SQLite's connections do not wait for each other by themselves, as without a busy timeout,
// and in shared-cache memory in spite of one, requests do until their time is over.
func (on cases) TestSQLiteWithoutPatience(t *testing.T) {
	for _, c := range dbtest.RunConfigs(t) {
		for name, options := range map[string]string{
			"WAL":           "?_journal_mode=WAL&_busy_timeout=0",
			"rollback":      "?_journal_mode=DELETE&_busy_timeout=0&_synchronous=OFF",
			"shared memory": "?mode=memory&cache=shared",
		} {
			t.Run(name+"/"+c.Name, func(t *testing.T) {
				t.Parallel()
				dsn := "file:" + filepath.Join(t.TempDir(), "sessions") + options
				s := on.newSiteOn(t, openDSN(t, dbtest.SQLite, dsn, c.Gorm()))
				short := on.newSiteOn(t, s.db, gormsession.WithTimeout(200*time.Millisecond))
				key := s.start(map[string]any{"n": 0})
				pages := []func(*Call){
					increment,
					writeName("Ann"),
					showCounter,
					func(c *Call) { c.Session().Flash("hello") },
				}
				var wg sync.WaitGroup
				for i := range 48 {
					wg.Go(func() {
						if got := s.visit(key, pages[i%len(pages)]); got.status != http.StatusOK {
							t.Errorf("answered with %d\n%s", got.status, s.log)
						}
					})
					wg.Go(func() { // others, whose sessions are in the same file
						if got := s.visit("", increment); got.status != http.StatusOK {
							t.Errorf("a new session was answered with %d\n%s", got.status, s.log)
						}
					})
				}
				wg.Wait()
				if n := s.entries(key)["n"]; n != int64(12) || len(s.rows()) != 49 {
					t.Errorf("n is %v of 12, there are %d rows of 49", n, len(s.rows()))
				}
				lock := s.db.Begin()
				statement := "UPDATE web_sessions SET session_data = session_data"
				if err := lock.Exec(statement).Error; err != nil {
					t.Fatal(err)
				}
				// A lock that goes in time is waited for, and one that does not is a 503 in time,
				// or a try earlier where the next one could not end in it.
				waits := make(chan reply)
				go func() { waits <- s.visit(key, increment) }()
				began := time.Now()
				if got := short.visit(key, writeName("Bob")); !got.is503() {
					t.Errorf("answered with %d", got.status)
				}
				if took := time.Since(began); took < 100*time.Millisecond || took > 2*time.Second {
					t.Errorf("it gave up after %v", took)
				}
				lock.Rollback()
				if got := <-waits; got.status != http.StatusOK {
					t.Errorf("who waited was answered with %d", got.status)
				}
			})
		}
	}
}
