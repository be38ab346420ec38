package faults

import (
	"errors"
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
	for slow := 0; ; slow++ {
		select {
		case got := <-answered:
			p.count(page, got)
			p.isSaved(page, key, got, slow)
			p.wire.Judge(nil)
			for len(caught) > 0 {
				(<-caught).Release()
			}
			return
		case c := <-caught:
			var err error
			for range 20 {
				switch s, unread := p.shows(key); {
				case unread != nil:
					err = unread
				case s.N != 0 || s.A != 0 || s.B != 0:
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

// isSaved checks that a save of which so many statements were slow was acknowledged, and that
// everybody sees it.
func (p *pair) isSaved(page, key string, got reply, slow int) {
	want := map[string][3]int{"/increment": {1, 0, 0}, "/pair": {0, 7, 7}}[page]
	s, err := p.shows(key)
	switch {
	case got.Outcome != application.Done:
		err = fmt.Errorf("it was answered with %d, %q", got.status, got.Outcome)
	case slow == 0:
		err = errors.New("no statement of it was slow")
	case err == nil && [3]int{s.N, s.A, s.B} != want:
		err = fmt.Errorf("it was acknowledged, and the session holds %+v", s)
	}
	p.holds(err, "%s, %s", p.a.name, page)
}
