package faults

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/faults/application"
	"github.com/seed7368b609/gormsession/internal/faults/wire"
)

// clearing has four nodes clear three quarters of a table at the same time, while clients work.
func clearing(tr *trial) {
	d := dbtest.New(tr, tr.kind)
	s := settings(d)
	s.Timeout = 10 * time.Second // of a batch, for which four wait in turn
	nodes := tr.nodes(s)
	for len(nodes) < 4 {
		nodes = append(nodes, startNode(tr, tr.configs[0], s))
	}
	c := tr.gather(nodes, 12)
	db := tr.alone(d)
	live, expired := tr.size(5_000, 100_000), tr.size(15_000, 300_000)
	plant(tr, db, "live", live, time.Now().Add(24*time.Hour))
	plant(tr, db, "over", expired, time.Now().Add(-time.Hour))
	c.awaitServed(50)
	c.slowest.ns.Store(0)
	c.fault()
	began := time.Now()
	var cleared atomic.Int64
	var cleaners sync.WaitGroup
	for _, n := range nodes[:4] {
		cleaners.Go(func() {
			var own int64
			n.get("/clear", &own)
			cleared.Add(own)
		})
	}
	cleaners.Wait()
	took := time.Since(began)
	tr.note = fmt.Sprintf("%d of %d rows in %v; the slowest answer meanwhile took %v", expired,
		live+expired, took.Round(10*time.Millisecond),
		time.Duration(c.slowest.ns.Load()).Round(time.Millisecond))
	c.awaitServed(100)
	c.finish()
	var err error
	if n := cleared.Load(); n != int64(expired) {
		err = fmt.Errorf("%d were cleared of %d", n, expired)
	}
	tr.holds(err, "what the cleaners say")
	for name, want := range map[string]int{"live": live, "over": 0} {
		var rows int
		err := db.Raw("SELECT count(*) FROM web_sessions WHERE session_key LIKE ?", name+"%").
			Scan(&rows).Error
		if err == nil && rows != want {
			err = fmt.Errorf("there are %d rows, not %d", rows, want)
		}
		tr.holds(err, "sessions that were planted as %s", name)
	}
}

// plant puts rows into the table.
func plant(tr *trial, db *gorm.DB, name string, rows int, expire time.Time) {
	tr.Helper()
	at := expire.UTC().Format("2006-01-02 15:04:05.000000")
	if tr.kind == dbtest.Postgres {
		at += "+00"
	}
	for from := 0; from < rows; from += 500 {
		var values []string
		for i := from; i < min(from+500, rows); i++ {
			values = append(values, fmt.Sprintf("('%s%060d', '{}', '%s')", name, i, at))
		}
		if err := db.Exec("INSERT INTO web_sessions (session_key, session_data, expire_date) VALUES " +
			strings.Join(values, ", ")).Error; err != nil {
			tr.Fatal(err)
		}
	}
}

// renewedMeanwhile holds the DELETE of a cleaner whose clock is an hour ahead, until a session that
// it has seen as expired was renewed.
func renewedMeanwhile(tr *trial) {
	var all sync.WaitGroup
	for _, config := range tr.configs {
		d := dbtest.New(tr, tr.kind)
		w, through, err := wire.Lay(string(tr.kind), d.DSN())
		if err != nil {
			tr.Fatal(err)
		}
		tr.Cleanup(w.Close)
		s := settings(d)
		s.Lifetime = 30 * time.Minute
		p := &pair{trial: tr, wire: w, aside: tr.alone(d)}
		p.b = startNode(tr, config, s)
		p.begin(p.b)
		s.DSN, s.Skew = through, time.Hour
		p.a = startNode(tr, config, s)
		all.Go(func() {
			p.begin(p.a)
			for range tr.size(3, 12) {
				key := p.begin(p.b)
				c := wire.NewCatch(wire.Slow, nil)
				w.Next("DELETE", c)
				p.fault()
				cleared := make(chan struct{})
				go func() {
					defer close(cleared)
					p.a.get("/clear", nil)
				}()
				if c.CaughtBefore(cleared) {
					p.count("extend", p.b.ask("/extend", key))
				}
				c.Release()
				<-cleared
				p.isOver(c, "clearing")
				p.opens(key, application.Done)
			}
		})
	}
	all.Wait()
}

// clocks has nodes work together whose clocks are ten minutes apart each, clearing what they take
// for expired; and each alone with sessions that live for less than its clock is wrong.
func clocks(tr *trial) {
	d := dbtest.New(tr, tr.kind)
	var nodes []*node
	skews := []time.Duration{-10 * time.Minute, 0, 10 * time.Minute}
	for i, config := range tr.fleet() {
		s := settings(d)
		s.Skew, s.Lifetime = skews[i%3], time.Hour
		nodes = append(nodes, startNode(tr, config, s))
	}
	tr.faults.Add(2)
	c := tr.gather(nodes, 12)
	for range tr.size(4, 12) {
		c.awaitServed(100)
		for _, n := range nodes {
			n.get("/clear", nil)
		}
	}
	c.finish()
	for _, skew := range skews {
		s := settings(dbtest.New(tr, tr.kind))
		s.Skew, s.Lifetime = skew, 5*time.Minute
		n := startNode(tr, tr.configs[0], s)
		for range 10 {
			p := &pair{trial: tr, a: n, b: n}
			key := p.begin(n)
			p.opens(key, application.Done)
			p.count("increment", n.ask("/increment", key))
			p.opens(key, application.Done)
		}
	}
}
