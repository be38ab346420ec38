package gormsession_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Where the database is slow and the pool is used up by that, the log does not tell anybody to
// change the pool: more connections would not help. (That it does where they would,
// TestFaultPoolExhausted shows.)
func TestPoolHintIsTrue(t *testing.T) {
	for _, k := range []dbtest.Kind{dbtest.Postgres, dbtest.MariaDB} {
		t.Run(string(k), func(t *testing.T) {
			t.Parallel()
			server := dbtest.StartServer(t, k)
			s := newSite(t, server.DB(t), gormsession.WithTimeout(300*time.Millisecond))
			key := s.start(map[string]any{"name": "Ann"})
			pool, err := s.db.DB()
			if err != nil {
				t.Fatal(err)
			}
			server.Pause()
			defer server.Resume()
			for connections, requests := range map[int]int{2: 8, 10: 30} {
				pool.SetMaxOpenConns(connections)
				var visits sync.WaitGroup
				for range requests {
					visits.Go(func() {
						if got := s.visit(key, readName); got.status != http.StatusServiceUnavailable {
							t.Errorf("a silent database gave %d", got.status)
						}
					})
				}
				visits.Wait()
			}
			if log := s.log.String(); strings.Contains(log, "SetMaxOpenConns") {
				t.Errorf("the log says %.500s", log)
			}
		})
	}
}
