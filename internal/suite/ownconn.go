package suite

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/plugin/dbresolver"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A callback after a read that panics, or that takes the rows away, ends the request, and leaves
// the pool as it was, also a pool of one: the next request is served.
func (on cases) TestCallbackThatSpoilsARead(t *testing.T) {
	spoils := map[string]struct {
		do     func(tx *gorm.DB)
		status int
	}{
		"panics":         {func(*gorm.DB) { panic("not today") }, http.StatusInternalServerError},
		"takes the rows": {func(tx *gorm.DB) { tx.Statement.Dest = nil }, http.StatusServiceUnavailable},
	}
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		for name, spoil := range spoils {
			for _, connections := range []int{1, 4} {
				s := on.newSiteOn(t, d.Open(t, c.Gorm()))
				key := s.start(map[string]any{"n": 1})
				s.pool().SetMaxOpenConns(connections)
				var armed atomic.Bool
				registered(t, s.db.Callback().Row().After("gorm:row").Register("t", func(tx *gorm.DB) {
					if armed.Swap(false) {
						spoil.do(tx)
					}
				}))
				pages := map[string]func(*Call){
					"load": showCounter,
					"all": func(c *Call) {
						for name := range c.Session().All() {
							c.Header("X-Name", name)
						}
					},
					"replay": func(c *Call) { // the read is within the save
						increment(c)
						s.visit(key, set("name", time.Now().String()))
						armed.Store(true)
					},
				}
				for at, page := range pages {
					began := time.Now()
					armed.Store(at != "replay")
					if got := s.visit(key, page); got.status != spoil.status || got.cookie != nil {
						t.Errorf("%s, %s: answered with %d", name, at, got.status)
					}
					if armed.Load() {
						t.Errorf("%s, %s: nothing was read", name, at)
					}
					if got := s.visit(key, showCounter); got.status != http.StatusOK || got.body != "1" {
						t.Errorf("%s, %s: then answered with %d %s", name, at, got.status, got.body)
					}
					if took := time.Since(began); took > 3*time.Second {
						t.Errorf("%s, %s, a pool of %d: it took %v", name, at, connections, took)
					}
					s.awaitIdle()
				}
			}
		}
	})
}

// A callback that waits for the context of its statement waits until the time of the operation is
// over, and no longer: 503. One before a read that asks for a connection, of which its operation
// has none yet, is served by a pool of one.
func (on cases) TestCallbackThatWaits(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		s := on.newSiteOn(t, d.Open(t, c.Gorm()), gormsession.WithTimeout(shortly))
		s.pool().SetMaxOpenConns(1)
		g := newGate(t, s.db)
		registered(t, s.db.Callback().Row().Before("gorm:row").Register("t", func(tx *gorm.DB) {
			_ = tx.AddError(s.asks(tx))
		}))
		key := s.start(map[string]any{"n": 1})
		if got := s.visit(key, showCounter); got.status != http.StatusOK || got.body != "1" {
			t.Errorf("who asks before a read: %d %s\n%s", got.status, got.body, s.log)
		}
		g.meets(func(update *gorm.DB) { awaitEnd(t, update) })
		s.endsShortly(key).unavailable(t)
		if got := s.visit(key, increment); got.body != "2" {
			t.Errorf("then: %d %s\n%s", got.status, got.body, s.log)
		}
	})
}

// A hook that asks for the connection which its save has waits until the time of the save is over,
// and no longer. That is a 503, unless the hook makes it an error of its own, which is a 500 as any
// of a hook's.
func (on cases) TestHookThatAsksAPoolOfOne(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		var ask atomic.Pointer[func(tx *gorm.DB) error]
		s := on.newSiteOn(t, d.Open(t), gormsession.WithTimeout(shortly),
			gormsession.WithModel(func(row gormsession.Session, _ gormsession.Entries) askingSession {
				return askingSession{Session: row, ask: ask.Load()}
			}))
		s.pool().SetMaxOpenConns(1)
		key, asks := s.start(map[string]any{"n": 1}), s.asks
		quietly := func(tx *gorm.DB) error { _ = asks(tx); return nil }
		ask.Store(&quietly)
		s.endsShortly(key).unavailable(t)
		ask.Store(&asks)
		if got := s.endsShortly(key); got.status != http.StatusInternalServerError {
			t.Errorf("an error of the hook's: answered with %d", got.status)
		}
		ask.Store(nil)
		if got := s.visit(key, increment); got.body != "2" {
			t.Errorf("then: %d %s\n%s", got.status, got.body, s.log)
		}
	})
}

// shortly is when an operation ends that waits in vain.
const shortly = 500 * time.Millisecond

// endsShortly is an increment that waits in vain.
func (s *site) endsShortly(key string) reply {
	s.t.Helper()
	began := time.Now()
	got := s.visit(key, increment)
	if took := time.Since(began); took < shortly/2 || took > shortly+2*time.Second {
		s.t.Errorf("answered after %v", took)
	}
	return got
}

// asks asks the pool of a statement something else.
func (s *site) asks(tx *gorm.DB) error {
	fresh := s.db.Session(&gorm.Session{NewDB: true, Context: tx.Statement.Context})
	return fresh.Exec("SELECT 1").Error
}

// An askingSession has a hook that asks the database.
type askingSession struct {
	gormsession.Session
	ask *func(tx *gorm.DB) error
}

func (askingSession) TableName() string { return "web_sessions" }

func (s *askingSession) BeforeSave(tx *gorm.DB) error {
	if s.ask == nil {
		return nil
	}
	return (*s.ask)(tx)
}

// A resolver may come after New, and finds a pool of one as good as any.
func (on behind) TestResolverAfterNew(t *testing.T) {
	for _, c := range dbtest.RunConfigs(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			s := on.newSiteWith(t, dbtest.New(t, dbtest.SQLite), c.Gorm(),
				gormsession.WithTimeout(2*time.Second))
			s.pool().SetMaxOpenConns(1)
			key := s.start(map[string]any{"n": 1})
			if err := s.db.Use(dbresolver.Register(dbresolver.Config{})); err != nil {
				t.Fatal(err)
			}
			for name, page := range visitsOf {
				s.clock.advance(24 * time.Hour)
				got := s.visit(key, page)
				if got.status != http.StatusOK {
					t.Errorf("%s: answered with %d\n%s", name, got.status, s.log)
				}
				if got.cookie != nil {
					key = got.cookie.Value
				}
			}
			if got := modifyAmid(s, key, func(_ *gormsession.State, _ bool, n int) int {
				return n + 1
			}); got.status != http.StatusOK || s.entries(key)["n"] != int64(101) {
				t.Errorf("a replay: answered with %d, %v", got.status, s.entries(key))
			}
			if s.visit(key, pageF); len(s.rows()) != 0 {
				t.Error("a logout leaves the row")
			}
		})
	}
}

// A callback that asks for the pool gets it, and finds the table of its statement as GORM's own
// Table has it, also one of a schema.
func (on behind) TestCallbacksFindPoolAndTable(t *testing.T) {
	schemas := map[dbtest.Kind]string{dbtest.SQLite: "main.", dbtest.Postgres: "public."}
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		name := schemas[d.Kind()] + "web_sessions"
		s := on.newSiteWith(t, d, c.Gorm(), gormsession.WithTable(name))
		want := s.db.Table(name).Statement
		seen := map[string]bool{}
		see := func(tx *gorm.DB) {
			is, pool := tx.Statement, s.pool()
			verb, _, _ := strings.Cut(is.SQL.String(), " ")
			seen[verb] = true
			if got, err := tx.DB(); got != pool || err != nil {
				t.Errorf("%s: the pool is %p, not %p, %v", verb, got, pool, err)
			}
			if is.Table != "web_sessions" || is.Table != want.Table || is.TableExpr == nil ||
				is.TableExpr.SQL != want.TableExpr.SQL {
				t.Errorf("%s: the table is %q, %v, not %q, %v",
					verb, is.Table, is.TableExpr, want.Table, want.TableExpr)
			}
		}
		calls := s.db.Callback()
		registered(t, calls.Row().After("gorm:row").Register("t", see))
		registered(t, calls.Create().After("gorm:create").Register("t", see))
		registered(t, calls.Update().After("gorm:update").Register("t", see))
		registered(t, calls.Delete().After("gorm:delete").Register("t", see))
		key := s.start(map[string]any{"n": 1})
		modifyAmid(s, key, func(_ *gormsession.State, _ bool, n int) int { return n + 1 })
		s.clock.advance(24 * time.Hour)
		s.visit(key, pageT)
		s.visit(s.visit(key, pageC).cookie.Value, pageF)
		if len(seen) != 4 {
			t.Errorf("seen are %v", seen)
		}
	})
}
