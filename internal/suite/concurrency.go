package suite

// What concurrent requests do to one session, from two server processes over real HTTP. With
// GORMSESSION_LONG=1 the tests run at full size, one database after the other, and print one line
// each:
//
//	GORMSESSION_LONG=1 go test -timeout 2h -v -run TestSuite/Concurrent ./ginsession

import (
	"cmp"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

var long = os.Getenv("GORMSESSION_LONG") != ""

// size is how much of something a test does.
func size(short, full int) int {
	if long {
		return full
	}
	return short
}

// deeds are what the peers' clients ask for.
var deeds = map[string]func(c *Call, s *gormsession.State){
	"read": func(c *Call, s *gormsession.State) {
		c.JSON(http.StatusOK, s.Get(cmp.Or(c.Query("name"), "n")))
	},
	"set": func(c *Call, s *gormsession.State) { s.Set("late", true) },
	"modify": func(c *Call, s *gormsession.State) {
		c.String(http.StatusOK, "%d", counter.Modify(s, plusOne))
	},
	"flash":   func(c *Call, s *gormsession.State) { s.Flash(c.Query("message")) },
	"flashes": func(c *Call, s *gormsession.State) { c.JSON(http.StatusOK, s.Flashes()) },
	"delete":  func(c *Call, s *gormsession.State) { s.Delete("n") },
	"minute":  func(c *Call, s *gormsession.State) { s.SetExpiry(time.Minute) },
	"save":    func(c *Call, s *gormsession.State) { _ = s.Save() },
	"cycle":   func(c *Call, s *gormsession.State) { s.CycleKey() },
	"touch":   func(c *Call, s *gormsession.State) { s.Touch() },
	"flush":   func(c *Call, s *gormsession.State) { s.Flush() },
	"login":   func(c *Call, s *gormsession.State) { s.LogIn("ann") },
	// renew is what an intruder does who wants to keep a session.
	"renew": func(c *Call, s *gormsession.State) {
		if s.UserID() != "" {
			s.CycleKey()
		}
	},
	"token": func(c *Call, s *gormsession.State) { token.Set(s, "once") },
	"take": func(c *Call, s *gormsession.State) {
		if _, ok := token.Take(s); ok {
			c.String(http.StatusOK, "taken")
		}
	},
	// own reads an entry of the client's and writes it, as a handler does that knows of no other
	// request.
	"own": func(c *Call, s *gormsession.State) {
		own := gormsession.Field[int](c.Query("name"))
		own.Set(s, own.Or(s, 0)+1)
	},
	// number answers with what the counter was for this request and for no other, which is sure
	// only after the save.
	"number": func(c *Call, s *gormsession.State) {
		counter.Modify(s, plusOne)
		if err := s.Save(); err != nil {
			c.String(http.StatusInternalServerError, "%v", err)
			return
		}
		c.String(http.StatusOK, "%d", counter.Or(s, 0))
	},
}

// A peering is two server processes on one database.
type peering struct {
	*testing.T
	db    *gorm.DB
	kind  dbtest.Kind
	peers []*peer
}

// Of what requests to two processes do to one session at once nothing is lost, and nothing that was
// ended comes back.
func (on cases) TestConcurrent(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		if !long {
			t.Parallel()
		}
		db, peers := d.Open(t), []*peer{on.startPeer(t, d), on.startPeer(t, d)}
		for _, test := range []struct {
			name string
			run  func(peering)
		}{
			{"own entries", ownEntriesAreKept},
			{"Modify", modifyIsExact},
			{"Modify to the same text", sameTextIsNoProof},
			{"logout", logoutIsFinal},
			{"two cycles", oneCycleWins},
			{"SetExpiry and Touch", touchLeavesExpiry},
			{"Flash and Flashes", flashesAreKept},
		} {
			t.Run(test.name, func(t *testing.T) {
				for _, p := range peers {
					p.t = t
				}
				test.run(peering{t, db, d.Kind(), peers})
			})
		}
	})
}

// session makes a session with that n and returns its key.
func (p peering) session(n int) string {
	p.Helper()
	key := p.peers[0].do("", "modify").cookie
	for range n - 1 {
		p.peers[1].do(key, "modify")
	}
	p.wants(key, "n", strconv.Itoa(n))
	return key
}

// wants checks an entry, on both peers.
func (p peering) wants(key, name, want string) {
	p.Helper()
	for _, peer := range p.peers {
		if got := peer.do(key, "read?name="+name).body; got != want {
			p.Errorf("%s is %s, not %s", name, got, want)
		}
	}
}

// storm has clients send requests at once, each one after the other and to the peers in turn, and
// returns the bodies.
func (p peering) storm(key string, clients, each int, deed func(client, i int) string) []string {
	p.Helper()
	var mu sync.Mutex
	var bodies []string
	var wg sync.WaitGroup
	for client := range clients {
		wg.Go(func() {
			for i := range each {
				a := p.peers[(client+i)%len(p.peers)].do(key, deed(client, i))
				if a.status != http.StatusOK {
					p.Errorf("client %d, request %d: %d %s", client, i, a.status, a.body)
				}
				mu.Lock()
				bodies = append(bodies, a.body)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return bodies
}

func (p peering) replays() (n int) {
	for _, peer := range p.peers {
		n += peer.replays()
	}
	return n
}

// counted runs a storm of increments, checks that all are kept and that some have met, or it has
// shown nothing, and prints the result.
func (p peering) counted(what string, storm func(clients, each int) (kept int)) {
	p.Helper()
	clients, each := size(8, 64), size(100, 1000)
	before, began := p.replays(), time.Now()
	kept := storm(clients, each)
	took, replays := time.Since(began), p.replays()-before
	if kept != clients*each {
		p.Errorf("%d of %d increments were kept", kept, clients*each)
	}
	if replays == 0 {
		p.Error("no save met another one")
	}
	p.Logf("%s: %s, %d clients x %d from 2 processes: %d of %d kept, %d replays, %.0f requests/s",
		p.kind, what, clients, each, kept, clients*each, replays, float64(clients*each)/took.Seconds())
}

func ownEntriesAreKept(p peering) {
	key := p.session(1)
	p.counted("increments of own entries", func(clients, each int) (kept int) {
		p.storm(key, clients, each,
			func(client, _ int) string { return "own?name=own" + strconv.Itoa(client) })
		for client := range clients {
			n, _ := strconv.Atoi(p.peers[client%2].do(key, "read?name=own"+strconv.Itoa(client)).body)
			kept += n
		}
		return kept
	})
}

func modifyIsExact(p peering) {
	key := p.session(1)
	p.counted("Modify of one entry", func(clients, each int) int {
		bodies := p.storm(key, clients, each, func(int, int) string { return "number" })
		seen := make([]int, len(bodies))
		for i, body := range bodies {
			seen[i], _ = strconv.Atoi(body)
		}
		slices.Sort(seen)
		for i, n := range seen {
			if n != i+2 {
				p.Fatalf("the requests saw %d in the place of %d: a number is missing, or was seen twice", n,
					i+2)
			}
		}
		last, _ := strconv.Atoi(p.peers[0].do(key, "read").body)
		return last - 1
	})
}

// Two requests that both make 6 of 5 write the same text, and neither may take the other's for its
// own.
func sameTextIsNoProof(p peering) {
	key := p.session(5)
	for _, a := range release(p.peers[0].begin(key, "modify"), p.peers[1].begin(key, "modify")) {
		if a.status != http.StatusOK {
			p.Errorf("a request was answered with %d %s", a.status, a.body)
		}
	}
	p.wants(key, "n", "7")
}
