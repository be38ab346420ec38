package clusters

import (
	"testing"
	"time"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Of three nodes of Galera all may be written to, where each waits until it has what the others
// have: one may be killed, or be silent, and comes back; and where one is left, it serves nobody.
func TestGalera(t *testing.T) {
	asked(t)
	for name, settings := range map[string][]string{
		"all nodes": {"wsrep_sync_wait=7"}, "one node": nil,
	} {
		t.Run(name, func(t *testing.T) {
			servers := dbtest.StartGalera(t, 3)
			d := servers[0].DB(t).With(append(settings, "timeout=1s", "readTimeout=3s")...)
			nodes := []*application{serve(t, d.Open(t))}
			if len(settings) > 0 {
				for _, other := range servers[1:] {
					own := other.Holds(t, d).With(append(settings, "timeout=1s", "readTimeout=3s")...)
					nodes = append(nodes, serve(t, own.Open(t)))
				}
			}
			c := gather(t, 12, nodes...)
			c.awaitServed(1000)
			for _, fail := range []func(){
				func() { servers[2].Stop(); c.awaitServed(300); servers[2].Start() },
				func() { servers[2].Pause(); c.awaitServed(300); servers[2].Resume() },
			} {
				fail()
				t.Logf("300 more served in %v", c.awaitServed(300).Round(time.Millisecond))
			}
			servers[1].Pause()
			servers[2].Pause()
			for began := time.Now(); nodes[0].ask("/read", c.shared).outcome != unavailable; {
				if time.Since(began) > time.Minute {
					t.Fatal("a node without a majority serves")
				}
			}
			servers[1].Resume()
			servers[2].Resume()
			c.awaitServed(500)
			c.finish()
		})
	}
}
