package suite

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A gate is where the updates of a handle pass, before they reach the database.
type gate struct {
	next atomic.Pointer[func(update *gorm.DB)]
}

func newGate(t testing.TB, db *gorm.DB) *gate {
	g := &gate{}
	registered(t, db.Callback().Update().Before("gorm:update").Register("gate", func(tx *gorm.DB) {
		if do := g.next.Swap(nil); do != nil {
			(*do)(tx)
		}
	}))
	return g
}

// meets has something happen to the next update, and tells when that has come.
func (g *gate) meets(do func(update *gorm.DB)) (came <-chan struct{}) {
	at := make(chan struct{})
	next := func(update *gorm.DB) { close(at); do(update) }
	g.next.Store(&next)
	return at
}

// inTurn has two requests save a session that both have loaded, of which the second one waits for
// the first one, whose update may fail, while something else happens.
func (g *gate) inTurn(
	s *site, key string, err error, page func(*Call), meanwhile func(),
) (first, late reply) {
	goOn, waits := make(chan struct{}), make(chan string, 1)
	var both sync.WaitGroup
	both.Go(func() {
		late = s.visit(key, func(c *Call) {
			_ = c.Session().Load()
			held := g.meets(func(update *gorm.DB) { <-goOn; _ = update.AddError(err) })
			both.Go(func() { first = s.visit(key, set("first", 1)) })
			<-held
			page(c)
			waits <- goroutine()
		})
	})
	awaitWait(<-waits)
	meanwhile()
	close(goOn)
	both.Wait()
	return first, late
}

// registered ends a test whose callback GORM does not take.
func registered(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// awaitEnd waits for the context of a statement to end, and has the statement end likewise.
func awaitEnd(t testing.TB, tx *gorm.DB) {
	select {
	case <-tx.Statement.Context.Done():
		_ = tx.AddError(tx.Statement.Context.Err())
	case <-time.After(20 * time.Second):
		t.Error("the context of a statement does not end")
	}
}

// goroutine is the name of the one that calls.
func goroutine() string {
	var text [64]byte
	n := runtime.Stack(text[:], false)
	return strings.Join(strings.Fields(string(text[:n]))[:2], " ")
}

// awaitWait returns once a goroutine waits for others, or for its client, which it does when its
// request is done, or is no more.
func awaitWait(goroutine string) {
	text := make([]byte, 16<<20)
	for tick := time.Tick(time.Millisecond); ; <-tick {
		n := runtime.Stack(text, true)
		_, its, there := strings.Cut(string(text[:n]), "\n"+goroutine+" [")
		if !there || strings.HasPrefix(its, "select") || strings.HasPrefix(its, "IO wait") {
			return
		}
	}
}

// awaitIdle returns once no connection is in use.
func (s *site) awaitIdle() {
	s.t.Helper()
	began := time.Now()
	for tick := time.Tick(time.Millisecond); s.pool().Stats().InUse > 0; <-tick {
		if time.Since(began) > 10*time.Second {
			s.t.Fatalf("%d connections were kept", s.pool().Stats().InUse)
		}
	}
}

// openBusy opens a pool with a busy timeout of so many milliseconds, where it is SQLite's.
func openBusy(t *testing.T, d *dbtest.DB, busy string) *gorm.DB {
	dsn := strings.Replace(d.DSN(), "_busy_timeout=5000", "_busy_timeout="+busy, 1)
	return openDSN(t, d.Kind(), dsn)
}
