package faults

import (
	"fmt"
	"time"

	"github.com/seed7368b609/gormsession/internal/faults/application"
	"github.com/seed7368b609/gormsession/internal/faults/wire"
)

// lostAnswers loses the answers of what makes a row, gives it a new key, and deletes it. What is
// done twice would leave a second row, or an old one. What makes a row is held too, until its
// session has ended, and what changes one, until it was changed back.
func lostAnswers(tr *trial) {
	tr.pairs(10*time.Second, func(p *pair) {
		for round := range tr.size(2, 16) {
			for _, way := range []wire.Way{wire.AnswerLost, wire.Lost} {
				for _, verb := range []string{"INSERT", "COMMIT"} {
					born := fmt.Sprint("b", round, verb, way == wire.Lost)
					if p.a.settings.Bare && verb == "COMMIT" {
						continue // there is none
					}
					got := p.loses(verb, way, "/start", "", "born", born)
					p.rows(born, got, 1)
					p.opens(got.Key, application.Done)
				}
				for _, verb := range []string{"UPDATE", "COMMIT"} {
					born := fmt.Sprint("l", round, verb, way == wire.Lost)
					key := p.begin(p.b, "born", born)
					got := p.loses(verb, way, "/login", key, "user", "ann")
					p.rows(born, got, 1)
					p.opens(got.Key, application.Done)
					p.opens(key, application.Gone)
				}
				for _, verb := range []string{"DELETE", "COMMIT"} {
					born := fmt.Sprint("o", round, verb, way == wire.Lost)
					if p.a.settings.Bare && verb == "COMMIT" {
						continue
					}
					key := p.begin(p.b, "born", born)
					p.rows(born, p.loses(verb, way, "/logout", key), 0)
					p.opens(key, application.Gone)
				}
			}
			p.lateInsert(fmt.Sprint("h", round))
			p.lateUpdate()
		}
	})
}

// lateInsert holds an INSERT until the session that another try of it has made has ended: what
// comes then is no session that anybody knows.
func (p *pair) lateInsert(born string) {
	c := wire.NewCatch(wire.Held, nil)
	p.wire.Next("INSERT", c)
	p.fault()
	got := p.a.ask("/start", "", "born", born)
	p.count("/start", got)
	var err error
	if got.Outcome != application.Done {
		err = fmt.Errorf("answered with %d, %q", got.status, got.Outcome)
	}
	p.holds(err, "%s, /start, INSERT: %s", p.a.name, wire.Held)
	p.opens(got.Key, application.Done)
	p.rows(born, p.b.ask("/logout", got.Key), 0)
	c.Release()
	if p.isOver(c, "/start, INSERT") {
		p.opens(got.Key, application.Gone)
	}
}

// lateUpdate holds an UPDATE until what another try of it has changed was changed back, which
// stays.
func (p *pair) lateUpdate() {
	key := p.begin(p.b)
	p.b.ask("/set", key, "x", "one")
	c := wire.NewCatch(wire.Held, nil)
	p.wire.Next("UPDATE", c)
	p.fault()
	got := p.a.ask("/set", key, "x", "two")
	p.count("/set", got)
	var err error
	if got.Outcome != application.Done {
		err = fmt.Errorf("answered with %d, %q", got.status, got.Outcome)
	}
	p.holds(err, "%s, /set, UPDATE: %s", p.a.name, wire.Held)
	p.b.ask("/set", key, "x", "one")
	c.Release()
	if p.isOver(c, "/set, UPDATE") {
		page, err := p.shows(key)
		if err == nil && page.X != "one" {
			err = fmt.Errorf("what was changed back is %q again", page.X)
		}
		p.holds(err, "%s, /set, after an UPDATE that was held", p.a.name)
	}
}

// loses has a page answer while a statement of it is lost, which is to be mended.
func (p *pair) loses(verb string, way wire.Way, path, key string, args ...string) reply {
	c := wire.NewCatch(way, nil)
	p.wire.Next(verb, c)
	p.fault()
	began := time.Now()
	got := p.a.ask(path, key, args...)
	p.count(path, got)
	p.recovery.note(time.Since(began))
	p.isOver(c, path+", "+verb)
	var err error
	if got.Outcome != application.Done {
		err = fmt.Errorf("answered with %d, %q", got.status, got.Outcome)
	}
	p.holds(err, "%s, %s, %s: %s", p.a.name, path, verb, way)
	return got
}

// rows counts those of a session.
func (p *pair) rows(born string, got reply, want int) {
	var rows int
	if err := p.aside.Raw("SELECT count(*) FROM web_sessions WHERE session_data LIKE ?",
		`%"`+born+`"%`).Scan(&rows).Error; err != nil {
		p.Error(err)
	}
	var err error
	if rows != want {
		err = fmt.Errorf("answered with %d, and there are %d rows of %d", got.status, rows, want)
	}
	p.holds(err, "%s, %s", p.a.name, born)
}
