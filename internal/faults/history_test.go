package faults

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/faults/application"
	"github.com/seed7368b609/gormsession/internal/faults/history"
	"github.com/seed7368b609/gormsession/internal/faults/wire"
)

// histories has a few clients do things to one session after the other, at random, while statements
// are lost and held, connections end, and nodes are killed. Each history is checked.
func histories(tr *trial) {
	d := dbtest.New(tr, tr.kind)
	var nodes []*node
	var wires []*wire.Wire
	for i, config := range tr.fleet() {
		s := settings(d)
		s.Timeout = time.Second
		if tr.kind == dbtest.SQLite {
			s.DSN = busy(d.DSN(), 400)
		} else {
			w, through, err := wire.Lay(string(tr.kind), s.DSN)
			if err != nil {
				tr.Fatal(err)
			}
			tr.Cleanup(w.Close)
			w.Judge(tr.mishap(tr.chance(1000 + i)))
			s.DSN, wires = through, append(wires, w)
		}
		nodes = append(nodes, startNode(tr, config, s))
	}
	for _, n := range nodes {
		n.ready()
	}
	var left atomic.Int64
	var calls, longest atomic.Int64
	left.Store(int64(tr.size(24, 160)))
	total := left.Load()
	var all sync.WaitGroup
	for i := range 4 { // sessions at a time
		all.Go(func() {
			for number := left.Add(-1); number >= 0; number = left.Add(-1) {
				n := tr.history(nodes, tr.chance(i*1_000_000+int(number)))
				calls.Add(int64(n))
				if old := longest.Load(); int64(n) > old {
					longest.Store(int64(n))
				}
			}
		})
	}
	over := make(chan struct{})
	go func() { all.Wait(); close(over) }()
	tr.disturb(d, nodes, over)
	for _, w := range wires {
		w.Judge(nil)
	}
	tr.note = fmt.Sprintf("%d histories of %d calls, the longest of %d", total, calls.Load(),
		longest.Load())
}

// disturb kills a node, or all connections, again and again.
func (tr *trial) disturb(d *dbtest.DB, nodes []*node, over <-chan struct{}) {
	var kills func()
	if tr.kind != dbtest.SQLite {
		killer := tr.alone(d)
		kills = func() { killAll(tr, killer) }
	}
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-over:
			return
		case <-tick.C:
		}
		if kills != nil && i%2 == 0 {
			kills()
			continue
		}
		n := nodes[i/2%len(nodes)]
		tr.faults.Add(1)
		n.kill()
		n.start()
		n.ready()
	}
}

// mishap loses or holds some statements. What is held arrives when a few others have come.
func (tr *trial) mishap(chance *rand.Rand) func(verb string) *wire.Catch {
	type waiting struct {
		catch *wire.Catch
		turns int
	}
	var held []waiting
	return func(verb string) *wire.Catch {
		for i := 0; i < len(held); i++ {
			if held[i].turns--; held[i].turns < 0 {
				held[i].catch.Release()
				held = append(held[:i], held[i+1:]...)
				i--
			}
		}
		switch verb {
		case "COMMIT", "UPDATE", "INSERT", "DELETE":
		default:
			return nil
		}
		if chance.IntN(100) >= 5 {
			return nil
		}
		tr.faults.Add(1)
		ways := []wire.Way{wire.Lost, wire.AnswerLost, wire.Held}
		c := wire.NewCatch(ways[chance.IntN(len(ways))], nil)
		held = append(held, waiting{c, chance.IntN(8)})
		return c
	}
}

// history is one session, from its first call to its end. It returns how many calls count.
func (tr *trial) history(nodes []*node, chance *rand.Rand) int {
	key := ""
	for key == "" {
		key = nodes[chance.IntN(len(nodes))].ask("/start", "").Key
	}
	h := history.Lossy(key)
	var mu sync.Mutex // guards key and chance
	var gone atomic.Int64
	var clients sync.WaitGroup
	for client := range 4 {
		clients.Go(func() {
			for i := 0; i < 12 && gone.Load() < 6; i++ {
				mu.Lock()
				n := nodes[chance.IntN(len(nodes))]
				call := history.Call{Do: draw(chance), Key: key, Arg: fmt.Sprint(client, " ", i)}
				mu.Unlock()
				got := h.Do(client, call, func() history.Answer {
					got := n.perform(call)
					tr.count(call.Do, got)
					return got.Answer
				})
				switch {
				case got.Outcome == application.Gone:
					gone.Add(1)
				case call.Do == "login" && got.Outcome == application.Done:
					mu.Lock()
					key = got.Key
					mu.Unlock()
				}
			}
		})
	}
	clients.Wait()
	last := history.Call{Do: "read", Key: key}
	seen := false
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); time.Since(began) < 20*time.Second && !seen; <-tick.C {
		got := h.Do(4, last, func() history.Answer {
			got := nodes[0].perform(last)
			tr.count(last.Do, got)
			return got.Answer
		})
		seen = got.Outcome == application.Done || got.Outcome == application.Gone
	}
	if !seen {
		tr.wrong("a history ends with a session that nobody could read")
	}
	tr.holds(h.Check(20*time.Second), "a history")
	return h.Len()
}

// draw is what a client does.
func draw(chance *rand.Rand) string {
	switch i := chance.IntN(100); {
	case i < 25:
		return "read"
	case i < 57:
		return "increment"
	case i < 69:
		return "set"
	case i < 80:
		return "put"
	case i < 93:
		return "take"
	case i < 98:
		return "login"
	}
	return "logout"
}
