package faults

import (
	"fmt"
	"time"

	"github.com/seed7368b609/gormsession/internal/faults/application"
	"github.com/seed7368b609/gormsession/internal/faults/wire"
)

// slowSave delays each statement of a save in turn, while the other node looks: it sees what was
// there before, whole, and nobody is answered yet.
func slowSave(tr *trial) {
	tr.pairs(20*time.Second, func(p *pair) {
		for range tr.size(2, 8) {
			for _, page := range []string{"/increment", "/pair"} {
				p.slowSave(page)
			}
		}
	})
}

func (p *pair) slowSave(page string) {
	key := p.begin(p.b)
	caught := make(chan *wire.Catch, 16)
	p.wire.Judge(func(verb string) *wire.Catch {
		if verb != "UPDATE" && verb != "COMMIT" {
			return nil
		}
		c := wire.NewCatch(wire.Slow, nil)
		caught <- c
		return c
	})
	p.fault()
	answered := make(chan reply, 1)
	go func() { answered <- p.a.ask(page, key, "v", "7") }()
	for {
		select {
		case got := <-answered:
			p.count(page, got)
			if got.Outcome == application.Done {
				p.isSaved(page, key)
			}
			p.wire.Judge(nil)
			for len(caught) > 0 {
				(<-caught).Release()
			}
			return
		case c := <-caught:
			var err error
			for range 20 {
				got := p.b.ask("/read", key)
				p.count("read", got)
				if s := got.Page; s.N != 0 || s.A != 0 || s.B != 0 {
					err = fmt.Errorf("somebody sees %+v of it", s)
				}
			}
			select {
			case got := <-answered:
				err = fmt.Errorf("it is answered with %d, %q", got.status, got.Outcome)
				answered <- got
			default:
			}
			p.holds(err, "%s, %s, while a statement of it is slow", p.a.name, page)
			c.Release()
		}
	}
}

// isSaved checks that everybody sees a save that was acknowledged.
func (p *pair) isSaved(page, key string) {
	got := p.b.ask("/read", key)
	p.count("read", got)
	want := map[string][3]int{"/increment": {1, 0, 0}, "/pair": {0, 7, 7}}[page]
	var err error
	if s := got.Page; [3]int{s.N, s.A, s.B} != want {
		err = fmt.Errorf("it was acknowledged, and the session holds %+v", s)
	}
	p.holds(err, "%s, %s", p.a.name, page)
}
