package suite

import (
	"database/sql"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// While all connections are killed again and again, at least 99 of 100 requests succeed. Whatever
// was acknowledged is stored, once. What was not may be stored, and only in the session that others
// save as well: there the next save takes away what would tell.
func (on cases) TestStormOfLostConnections(t *testing.T) {
	serverConfigs(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		s, e := on.fresh(t, d, c), newExecutioner(t, d)
		shared := s.start(map[string]any{"n": 0})
		const clients = 8
		each := size(96, 960)
		var served, counted, unknown atomic.Int64
		var killing sync.Mutex
		visit := func(key string, page func(*Call)) bool {
			got := s.visit(key, page)
			if got.status != http.StatusOK && got.status != http.StatusServiceUnavailable {
				t.Errorf("answered with %d\n%s", got.status, s.log)
			}
			if served.Add(1)%96 == 0 {
				killing.Lock()
				defer killing.Unlock()
				e.kill()
			}
			return got.status == http.StatusOK
		}
		var wg sync.WaitGroup
		for client := range clients {
			wg.Go(func() {
				own, n := s.start(map[string]any{"n": 0}), int64(0)
				for i := range each {
					switch i % 8 {
					case 0:
						if visit(shared, increment) {
							counted.Add(1)
						} else {
							unknown.Add(1)
						}
					case 1:
						if !visit(shared, set(strconv.Itoa(client), i)) {
							unknown.Add(1)
						}
					default:
						if visit(own, increment) {
							n++
						} else {
							t.Errorf("an increment of one's own session failed\n%s", s.log)
						}
					}
				}
				if stored := s.entries(own)["n"]; stored != n {
					t.Errorf("%d increments of one's own session were acknowledged, %v done",
						n, stored)
				}
			})
		}
		wg.Wait()
		if all, failed := served.Load(), unknown.Load(); failed*100 > all {
			t.Errorf("%d of %d requests failed\n%s", failed, all, s.log)
		}
		n := s.entries(shared)["n"].(int64)
		if n < counted.Load() || n > counted.Load()+unknown.Load() {
			t.Errorf("%d increments were acknowledged and %d ends unknown: %d are stored",
				counted.Load(), unknown.Load(), n)
		}
	})
}

// After a restart each connection of the pool fails once, and nobody is told.
func (on cases) TestRestartOfTheServer(t *testing.T) {
	for _, kind := range []dbtest.Kind{dbtest.Postgres, dbtest.MariaDB} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server := dbtest.StartServer(t, kind)
			d := server.DB(t)
			for _, c := range dbtest.RunConfigs(t) {
				s := on.fresh(t, d, c)
				const many = 12
				keys := make([]string, many)
				for i := range keys {
					keys[i] = s.start(map[string]any{"n": 0})
				}
				atOnce := func(pages ...func(*Call)) {
					t.Helper()
					var wg sync.WaitGroup
					for i, key := range keys {
						wg.Go(func() {
							got := s.visit(key, pages[i%len(pages)])
							if got.status != http.StatusOK {
								t.Errorf("%s: answered with %d\n%s", c.Name, got.status, s.log)
							}
						})
					}
					wg.Wait()
				}
				holdAll(t, s, many)
				server.Stop()
				server.Start()
				for i, key := range keys { // one after the other, each meets a dead connection
					page := []func(*Call){increment, showCounter, writeName("Ann")}[i%3]
					if got := s.visit(key, page); got.status != http.StatusOK {
						t.Errorf("%s, %d: answered with %d\n%s", c.Name, i, got.status, s.log)
					}
				}
				holdAll(t, s, many)
				server.Stop()
				server.Start()
				atOnce(increment, writeName("Bob"), showCounter) // and all at once
			}
		})
	}
}

// holdAll has the pool keep that many connections, all of which have been in use.
func holdAll(t *testing.T, s *site, many int) {
	t.Helper()
	var conns []*sql.Conn
	for len(conns) < many {
		conn, err := s.pool().Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.PingContext(t.Context()); err != nil {
			conn.Close() // one from before the restart
			continue
		}
		conns = append(conns, conn)
	}
	for _, conn := range conns {
		conn.Close()
	}
}
