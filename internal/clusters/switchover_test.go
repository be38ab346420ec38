package clusters

import (
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A front passes connections on to a server, as a virtual address does: new ones to the one that it
// points to, and those that there are stay where they are.
type front struct {
	net.Listener
	to atomic.Int64 // a port
}

func listen(t *testing.T, port int) *front {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &front{Listener: l}
	f.to.Store(int64(port))
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			go f.pass(from)
		}
	}()
	return f
}

func (f *front) pass(from net.Conn) {
	defer from.Close()
	to, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", f.to.Load()))
	if err != nil {
		return
	}
	defer to.Close()
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(to, from); to.Close() })
	both.Go(func() { _, _ = io.Copy(from, to); from.Close() })
	both.Wait()
}

// After a switchover of MariaDB, by which the old primary takes no writes any more and keeps its
// connections, the application goes on at the new one by rejectReadOnly.
func TestSwitchoverOfMariaDB(t *testing.T) {
	asked(t)
	primary := dbtest.StartPrimary(t, dbtest.MariaDB)
	replica := primary.Follow(t, 0)
	f := listen(t, primary.Port())
	d := primary.DB(t).As(t, "GRANT ALL ON *.* TO %s", "REVOKE READ ONLY ADMIN ON *.* FROM %s")
	at := d.At(t, f.Addr().String()).With("rejectReadOnly=true")
	c := gather(t, 16, serve(t, at.Open(t)), serve(t, at.Open(t)))
	c.awaitServed(1000)
	primary.Execute("SET GLOBAL read_only = 1")
	replica.CatchUp(t, primary)
	replica.Execute("STOP SLAVE")
	f.to.Store(int64(replica.Port()))
	t.Logf("100 served in %v", c.awaitServed(100).Round(time.Millisecond))
	c.awaitServed(1000)
	c.finish()
}
