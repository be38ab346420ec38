package suite

import (
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// newBusySite is a site on a SQLite database with a busy timeout of so many milliseconds.
func (on ground) newBusySite(
	t *testing.T, busy string, timeout time.Duration, g *gorm.Config,
) *site {
	t.Helper()
	d := dbtest.New(t, dbtest.SQLite)
	dsn := strings.Replace(d.DSN(), "_busy_timeout=5000", "_busy_timeout="+busy, 1)
	// Without WAL the lock keeps readers out as well.
	dsn = strings.Replace(dsn, "_journal_mode=WAL", "_journal_mode=DELETE", 1)
	db, err := dbtest.OpenDSN(dbtest.SQLite, dsn, g)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return on.newSiteOn(t, db, gormsession.WithTimeout(timeout))
}

// No try begins that cannot end in time: with a busy timeout a little below the timeout of
// sessions, as the README has it, a request does not take twice as long.
func (on cases) TestSQLiteBusyEndsInTime(t *testing.T) {
	for _, config := range dbtest.RunConfigs(t) {
		t.Run(config.Name, func(t *testing.T) {
			t.Parallel()
			s := on.newBusySite(t, "1600", 2*time.Second, config.Gorm())
			keys := make([]string, 5)
			for i := range keys {
				keys[i] = s.start(map[string]any{"n": 1})
			}
			unlock := s.lock(t, "EXCLUSIVE")
			var all sync.WaitGroup
			for i, page := range []func(*Call){
				showCounter, increment, writeName("Bob"), pageF, func(c *Call) { pageC(c) },
			} {
				all.Go(func() {
					began := time.Now()
					s.visit(keys[i], page).unavailable(t)
					if took := time.Since(began); took > 2900*time.Millisecond {
						t.Errorf("page %d: answered after %v", i, took)
					}
				})
			}
			all.Go(func() {
				began := time.Now()
				s.visit("", increment).unavailable(t)
				if took := time.Since(began); took > 2900*time.Millisecond {
					t.Errorf("a new session: answered after %v", took)
				}
			})
			all.Wait()
			unlock()
			if got := s.visit(keys[1], increment); got.body != "2" {
				t.Errorf("without the lock: %d %s", got.status, got.body)
			}
		})
	}
}

// Where the driver does not wait by itself, the store does, as long as there is time.
func (on cases) TestSQLiteBusyIsWaitedFor(t *testing.T) {
	for _, busy := range []string{"0", "20"} {
		t.Run(busy, func(t *testing.T) {
			t.Parallel()
			s := on.newBusySite(t, busy, 10*time.Second, &gorm.Config{})
			keys := []string{s.start(map[string]any{"n": 1}), s.start(map[string]any{"n": 1})}
			unlock := s.lock(t, "IMMEDIATE")
			time.AfterFunc(1500*time.Millisecond, unlock)
			for _, key := range keys {
				if got := s.visit(key, increment); got.status != http.StatusOK || got.body != "2" {
					t.Errorf("answered with %d %s\n%s", got.status, got.body, s.log)
				}
			}
		})
	}
}

// lock has another process take the lock of the site's database.
func (s *site) lock(t *testing.T, mode string) (unlock func()) {
	s.t.Helper()
	var file string
	query := "SELECT file FROM pragma_database_list WHERE name = 'main'"
	if err := s.db.Raw(query).Scan(&file).Error; err != nil {
		s.t.Fatal(err)
	}
	dsn := "file:" + file + "?_journal_mode=DELETE&_busy_timeout=5000"
	process, stdin, stdout := startProcess(t, "lock", os.Stderr,
		kindVariable+"="+mode, dsnVariable+"="+dsn)
	if line, err := stdout.ReadString('\n'); line != "locked <nil>\n" {
		s.t.Fatal(line, err)
	}
	return sync.OnceFunc(func() {
		stdin.Close()
		if err := process.Wait(); err != nil {
			s.t.Error(err)
		}
	})
}
