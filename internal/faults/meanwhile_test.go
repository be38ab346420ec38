package faults

import (
	"fmt"
	"sync"
	"time"

	"github.com/seed7368b609/gormsession/internal/faults/history"
	"github.com/seed7368b609/gormsession/internal/faults/wire"
)

// meanwhile has the other node do something to the session while the write of the first one is on
// its way. The checker of histories says what both may be told.
func meanwhile(tr *trial) {
	tr.pairs(20*time.Second, func(p *pair) {
		for range tr.size(1, 4) {
			for _, do := range calls {
				for _, other := range calls {
					p.meanwhile(do, other)
				}
			}
		}
	})
}

var calls = []string{"increment", "set", "take", "login", "logout"}

func (p *pair) meanwhile(do, other string) {
	key := p.begin(p.b)
	h := history.New(key)
	perform := func(client int, n *node, c history.Call) history.Answer {
		return h.Do(client, c, func() history.Answer {
			got := n.perform(c)
			p.count(fmt.Sprintf("%s, %s, meanwhile %s", n.name, do, other), got)
			return got.Answer
		})
	}
	perform(0, p.b, history.Call{Do: "put", Key: key, Arg: "token"})
	c := wire.NewCatch(wire.Slow, nil)
	p.wire.Judge(func(verb string) *wire.Catch {
		if verb != "UPDATE" && verb != "DELETE" {
			return nil
		}
		p.wire.Pass()
		return c
	})
	p.fault()
	keys := []string{key}
	answered := make(chan struct{})
	var both sync.WaitGroup
	both.Go(func() {
		if c.CaughtBefore(answered) {
			got := perform(1, p.b, history.Call{Do: other, Key: key, Arg: "theirs"})
			keys = append(keys, got.Key)
			c.Release()
		}
	})
	got := perform(0, p.a, history.Call{Do: do, Key: key, Arg: "ours"})
	close(answered)
	both.Wait()
	p.isOver(c, do)
	for _, key := range append(keys, got.Key) {
		if key != "" {
			perform(2, p.b, history.Call{Do: "read", Key: key})
		}
	}
	p.holds(h.Check(20*time.Second), "%s, %s, meanwhile %s", p.a.name, do, other)
}
