package suite

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// A logout that has committed is final: slower requests that had loaded the session before bring
// nothing back, and are told so.
func logoutIsFinal(p peering) {
	writers := []string{"set", "modify", "cycle", "minute", "save", "delete", "flash", "touch"}
	rounds, alive, told, refused := size(40, 1000), 0, 0, 0
	others := len(rowsOf(p, p.db, "web_sessions"))
	for range rounds {
		key := p.session(1)
		var late []*slowRequest
		for i, deed := range writers {
			late = append(late, p.peers[i%2].begin(key, deed))
		}
		if a := p.peers[0].do(key, "flush"); a.status != http.StatusOK || !a.told || a.cookie != "" {
			p.Fatalf("the logout was answered with %+v", a)
		}
		for i, a := range release(late...) {
			switch {
			case a.status == http.StatusBadRequest:
				refused++
			case a.status != http.StatusOK || writers[i] != "touch":
				p.Errorf("a late %s was answered with %d", writers[i], a.status)
			}
			if a.cookie != "" && (a.cookie != key || writers[i] != "touch") {
				told++
			}
		}
		alive += len(rowsOf(p, p.db, "web_sessions")) - others
		p.wants(key, "n", "null")
	}
	if alive != 0 || told != 0 || refused != rounds*(len(writers)-1) {
		p.Errorf("%d sessions live, %d new keys were told, %d of %d were refused", alive, told, refused,
			rounds*(len(writers)-1))
	}
	p.Logf("%s: logout against %d slow writers from 2 processes, %d rounds: %d sessions alive, %d"+
		" of %d late writes answered with 400, %d live keys told",
		p.kind, len(writers), rounds, alive, refused, rounds*(len(writers)-1), told)
}

// Of two requests that cycle one key at once, one wins: its key lives, and the other request is
// told that it lost.
func oneCycleWins(p peering) {
	rounds := size(30, 200)
	others := len(rowsOf(p, p.db, "web_sessions"))
	for range rounds {
		key := p.session(1)
		answers := release(p.peers[0].begin(key, "cycle"), p.peers[1].begin(key, "cycle"))
		slices.SortFunc(answers, func(a, b answer) int { return a.status - b.status })
		if answers[0].status != http.StatusOK || answers[1].status != http.StatusBadRequest ||
			answers[1].cookie != "" {
			p.Fatalf("the cycles were answered with %+v", answers)
		}
		if alive := len(rowsOf(p, p.db, "web_sessions")) - others; alive != 1 {
			p.Fatalf("%d sessions are alive", alive)
		}
		p.wants(answers[0].cookie, "n", "1")
		p.wants(key, "n", "null")
		p.peers[0].do(answers[0].cookie, "flush")
	}
	p.Logf("%s: two cycles of one key at once, %d rounds: 1 key lives, the other request got 400",
		p.kind, rounds)
}

// A renewal that is late does not undo an expiry that another request has set.
func touchLeavesExpiry(p peering) {
	key := p.session(1)
	for _, peer := range p.peers {
		peer.advance(6 * time.Hour) // into another step of expire_date, or there is nothing to renew
	}
	late := p.peers[0].begin(key, "touch")
	before := rowsOf(p, p.db, "web_sessions")[stored(key)]
	if a := p.peers[1].do(key, "minute"); a.status != http.StatusOK {
		p.Fatalf("SetExpiry was answered with %d", a.status)
	}
	short := rowsOf(p, p.db, "web_sessions")[stored(key)]
	if !short.expire.Before(before.expire) {
		p.Fatalf("SetExpiry moved the expiry from %v to %v", before.expire, short.expire)
	}
	if a := release(late)[0]; a.status != http.StatusOK {
		p.Errorf("the late touch was answered with %d", a.status)
	}
	if after := rowsOf(p, p.db, "web_sessions")[stored(key)]; after != short {
		p.Errorf("the late touch made %v of %v", after, short)
	}
	// Without the other request it does renew.
	key = p.session(1)
	for _, peer := range p.peers {
		peer.advance(6 * time.Hour)
	}
	before = rowsOf(p, p.db, "web_sessions")[stored(key)]
	p.peers[0].do(key, "touch")
	if after := rowsOf(p, p.db, "web_sessions")[stored(key)]; !after.expire.After(before.expire) {
		p.Errorf("a touch moved the expiry from %v to %v", before.expire, after.expire)
	}
}

// While many requests add messages, a reader gets each of them once.
func flashesAreKept(p peering) {
	key := p.session(1)
	clients, each := 8, size(25, 250)
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.storm(key, clients, each,
			func(client, i int) string { return "flash?message=" + strconv.Itoa(client*each+i) })
	}()
	var got []int
	for last := false; !last; {
		select {
		case <-done:
			last = true
		default:
		}
		var messages []string
		if err := json.Unmarshal([]byte(p.peers[len(got)%2].do(key, "flashes").body),
			&messages); err != nil {
			p.Fatal(err)
		}
		for _, m := range messages {
			n, _ := strconv.Atoi(m)
			got = append(got, n)
		}
	}
	slices.Sort(got)
	for i := range clients * each {
		if i >= len(got) || got[i] != i {
			p.Fatalf("message %d is missing, or one before it was shown twice (%d shown)", i, len(got))
		}
	}
	if len(got) != clients*each {
		p.Errorf("%d messages were shown of %d", len(got), clients*each)
	}
}
