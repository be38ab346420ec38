package faults

import (
	"fmt"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/faults/application"
	"github.com/seed7368b609/gormsession/internal/faults/history"
	"github.com/seed7368b609/gormsession/internal/faults/wire"
)

// A loss is what becomes of the one statement of a save.
type loss struct {
	verb string
	way  wire.Way
	late bool // what is held arrives only after the answer
}

var losses = []loss{
	{"UPDATE", wire.Lost, false}, {"UPDATE", wire.AnswerLost, false}, {"UPDATE", wire.Held, true},
	{"COMMIT", wire.Lost, false}, {"COMMIT", wire.AnswerLost, false},
	{"COMMIT", wire.Held, false}, {"COMMIT", wire.Held, true},
}

func (l loss) String() string {
	if l.late {
		return fmt.Sprintf("%s: %s, after the answer", l.verb, l.way)
	}
	return fmt.Sprintf("%s: %s", l.verb, l.way)
}

// A pair is two nodes on one database, the first of which is behind a wire.
type pair struct {
	*trial
	a, b  *node
	wire  *wire.Wire
	aside *gorm.DB
}

// pairs runs f with a pair of each setting of GORM, at the same time. The first node of a pair has
// so much time for a save.
func (tr *trial) pairs(timeout time.Duration, f func(p *pair)) {
	var all sync.WaitGroup
	for _, config := range tr.configs {
		d := dbtest.New(tr, tr.kind)
		w, through, err := wire.Lay(string(d.Kind()), d.DSN())
		if err != nil {
			tr.Fatal(err)
		}
		tr.Cleanup(w.Close)
		behind := settings(d)
		behind.DSN, behind.Timeout = through, timeout
		p := &pair{trial: tr, wire: w, aside: tr.alone(d)}
		p.b = startNode(tr, config, settings(d))
		p.begin(p.b) // which makes the table
		p.a = startNode(tr, config, behind)
		p.begin(p.a)
		all.Go(func() { f(p) })
	}
	all.Wait()
}

// begin begins a session, once the node has its database.
func (p *pair) begin(n *node, args ...string) (key string) {
	p.Helper()
	n.ready()
	got := n.ask("/start", "", args...)
	p.count("start", got)
	if got.Outcome != application.Done {
		p.wrong("no session could be begun: %d, %v", got.status, got.err)
	}
	return got.Key
}

// exactlyOne loses each statement of an increment in each way, while the other node increments, or
// takes an increment back, so that the row holds again what it has held before.
func exactlyOne(tr *trial) {
	tr.pairs(time.Second, func(p *pair) {
		for range tr.size(1, 5) {
			for _, l := range losses {
				for _, deed := range []string{"/increment", "/decrement"} {
					for _, marked := range []bool{false, true} {
						p.exactlyOne(l, deed, marked)
					}
				}
			}
		}
	})
}

func (p *pair) exactlyOne(l loss, deed string, marked bool) {
	key, n := p.begin(p.b), 0
	if marked { // the text that is there is of an increment already
		p.count("increment", p.a.ask("/increment", key))
		n = 1
	}
	what := fmt.Sprintf("%s, %s, meanwhile %s, marked %t", p.a.name, l, deed, marked)
	var other reply
	happen := func() {
		other = p.b.ask(deed, key)
		p.count(what+": the other", other)
	}
	meanwhile := happen
	if l.way == wire.Held {
		meanwhile = nil
	}
	c := wire.NewCatch(l.way, meanwhile)
	p.wire.Next(l.verb, c)
	p.fault()
	answered := make(chan struct{})
	var beside sync.WaitGroup
	if l.way == wire.Held {
		beside.Go(func() {
			if c.CaughtBefore(answered) {
				happen()
			}
		})
		if !l.late {
			beside.Go(func() {
				if c.CaughtBefore(answered) {
					p.somebodyWaits()
					c.Release()
				}
			})
		}
	}
	began := time.Now()
	got := p.a.ask("/increment", key)
	close(answered)
	p.count(what, got)
	if got.Outcome == application.Done {
		p.recovery.note(time.Since(began))
	}
	c.Release()
	beside.Wait()
	if !p.isOver(c, what) {
		return
	}
	if other.Outcome != application.Done {
		p.wrong("%s: the other was answered with %d, %q", what, other.status, other.Outcome)
	}
	n += map[string]int{"/increment": 1, "/decrement": -1}[deed]
	least, most := n, n
	switch got.Outcome {
	case application.Done:
		least, most = n+1, n+1
	case application.Unknown:
		most = n + 1
	case application.Gone:
		p.wrong("%s: logged out", what)
	}
	shows := p.b.ask("/read", key)
	p.count("read", shows)
	var err error
	if is := shows.Page.N; is < least || is > most {
		err = fmt.Errorf("it was answered with %d, %q, and the counter is %d, not %d to %d",
			got.status, got.Outcome, is, least, most)
	}
	p.holds(err, "%s", what)
}

// isOver waits until nothing more comes of a statement that was caught, if one was, as there should
// have been.
func (p *pair) isOver(c *wire.Catch, what string) bool {
	p.wire.Judge(nil)
	over := make(chan struct{})
	close(over)
	if !c.CaughtBefore(over) {
		p.wrong("%s: there was no such statement", what)
		return false
	}
	<-c.Over()
	return true
}

func (p *pair) fault() { p.faults.Add(1) }

// somebodyWaits returns once a transaction of the database waits for a lock.
func (p *pair) somebodyWaits() {
	query := "SELECT count(*) FROM pg_stat_activity" +
		" WHERE datname = current_database() AND wait_event_type = 'Lock'"
	if p.kind == dbtest.MariaDB { // where what InnoDB shows of locks is older than a wait
		query = "SELECT count(*) FROM information_schema.processlist" +
			" WHERE db = DATABASE() AND id <> CONNECTION_ID() AND command <> 'Sleep' AND time_ms > 20"
	}
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); time.Since(began) < 5*time.Second; <-tick.C {
		var n int
		if err := p.aside.Raw(query).Scan(&n).Error; err != nil {
			p.Error(err)
			return
		}
		if n > 0 {
			return
		}
	}
	p.Error("nobody waits for a lock")
}

// lostAnswers loses the answers of what makes a row, gives it a new key, and deletes it. What is
// done twice would leave a second row, or an old one.
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
		}
	})
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

// opens compares what a key opens.
func (p *pair) opens(key string, want application.Outcome) {
	got := p.b.ask("/read", key)
	p.count("read", got)
	var err error
	if got.Outcome != want {
		err = fmt.Errorf("answered with %d, %q, not %q", got.status, got.Outcome, want)
	}
	p.holds(err, "%s, a key after a lost answer", p.a.name)
}

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
