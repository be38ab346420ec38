package suite

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// What else of the application's waits for the only connection, before our statement has it and
// while it does, does not pass for the reason.
func (on cases) TestPoolHintAmongOthers(t *testing.T) {
	for _, kind := range []dbtest.Kind{dbtest.Postgres, dbtest.MariaDB} {
		for name, inUse := range map[string]bool{"in use at first": true, "free at first": false} {
			t.Run(string(kind)+", "+name, func(t *testing.T) {
				t.Parallel()
				d, ctx := dbtest.New(t, kind), context.Background()
				s := on.newSite(t, d, gormsession.WithTimeout(300*time.Millisecond))
				key := s.start(map[string]any{"name": "Ann"})
				pool := s.pool()
				pool.SetMaxOpenConns(1)
				aside, err := d.Open(t).DB()
				if err != nil {
					t.Fatal(err)
				}
				locker, err := aside.Conn(ctx)
				if err != nil {
					t.Fatal(err)
				}
				defer locker.Close()
				for _, statement := range lockTable[kind][:len(lockTable[kind])-1] {
					if _, err := locker.ExecContext(ctx, statement); err != nil {
						t.Fatal(err)
					}
				}
				// While the statement of the session has the connection, some give up, and one is
				// next.
				var others sync.WaitGroup
				told := make(chan struct{})
				wait := func(patience time.Duration) {
					ctx, cancel := context.WithTimeout(ctx, patience)
					defer cancel()
					if conn, err := pool.Conn(ctx); err == nil {
						<-told
						conn.Close()
					}
				}
				s.statements.Hook(once("SELECT", func() {
					others.Go(func() { wait(time.Minute) })
					for range 8 {
						others.Go(func() { wait(100 * time.Millisecond) })
					}
				}))
				if inUse {
					held, err := pool.Conn(ctx)
					if err != nil {
						t.Fatal(err)
					}
					waiting := pool.Stats().WaitCount
					others.Go(func() {
						for pool.Stats().WaitCount == waiting {
							runtime.Gosched()
						}
						held.Close()
					})
				}
				s.visit(key, readName).unavailable(t)
				if s.tellsOfPool() {
					t.Error("the log tells of the pool")
				}
				close(told)
				others.Wait()
			})
		}
	}
}

// A panic of the application's model, amid a save, does not silence the hint for ever.
func (on cases) TestPoolHintAfterAPanic(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		type embedding struct{ gormsession.Session }
		model := func(row gormsession.Session, e gormsession.Entries) embedding {
			if e.Get("bad") != nil {
				panic("in the model")
			}
			return embedding{row}
		}
		s := on.newSiteWith(t, d, c.Gorm(), gormsession.WithModel(model),
			gormsession.WithTimeout(300*time.Millisecond))
		key := s.start(map[string]any{"n": 1})
		s.visit(key, func(c *Call) { c.Session().Set("bad", true) })
		s.pool().SetMaxOpenConns(1)
		held, err := s.pool().Conn(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		defer held.Close()
		s.visit(key, readName).unavailable(t)
		if !s.tellsOfPool() {
			t.Error("the log does not tell of the pool")
		}
	})
}
