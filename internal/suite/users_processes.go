package suite

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A session that gets new keys in one process, as fast as it can, does not survive the end of all
// sessions of its user that another process asks for, in any of 200 rounds.
func (on cases) TestNoSessionSurvivesTheEndOfAllOfProcesses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		p := on.startPeer(t, d, limitVariable+"=1000")
		plugin, err := gormsession.New(d.Open(t), gormsession.WithUsers())
		if err != nil {
			t.Fatal(err)
		}
		for round := range 200 {
			stolen := p.do("", "login").cookie
			var renewed, ended atomic.Int32
			began, over := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(over)
				for ended.Load() == 0 || ended.Add(1) < 5 {
					got := p.do(stolen, "renew")
					if got.status != http.StatusOK || got.cookie == "" {
						break
					}
					stolen = got.cookie
					if renewed.Add(1) == 2 {
						close(began)
					}
				}
				if renewed.Load() < 2 {
					close(began)
				}
			}()
			<-began
			if n, err := plugin.EndAll(t.Context(), "ann"); n != 1 || err != nil {
				t.Errorf("round %d: %d were ended, %v", round, n, err)
			}
			ended.Add(1)
			<-over
			left, err := plugin.Sessions(t.Context(), "ann")
			if len(left) > 0 || err != nil || renewed.Load() < 2 {
				t.Fatalf("round %d: %d sessions have survived, %v; renewed %d times", round, len(left),
					err, renewed.Load())
			}
		}
	})
}

// Of requests to two processes at once exactly one takes what counts once.
func (on cases) TestTakeIsOnceOnlyOfProcesses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		peers := []*peer{on.startPeer(t, d), on.startPeer(t, d)}
		for round := range 10 {
			key := peers[0].do("", "token").cookie
			var taken atomic.Int32
			var wg sync.WaitGroup
			for i := range 16 {
				wg.Go(func() {
					got := peers[i%2].do(key, "take")
					if got.status != http.StatusOK {
						t.Errorf("answered with %d", got.status)
					}
					if strings.Contains(got.body, "taken") {
						taken.Add(1)
					}
				})
			}
			wg.Wait()
			if taken.Load() != 1 {
				t.Errorf("round %d: %d have taken it", round, taken.Load())
			}
		}
	})
}
