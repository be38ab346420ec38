package suite

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A ledger is what is stored of each token, by what the clients were told and what was seen since.
type ledger struct {
	a, b    *node
	key     string
	stored  map[string]int
	number  int
	told    map[int]int // answers by status
	history []string
}

// Whatever two nodes do to one session in any order, with saves whose end is lost: the clients'
// ledger and the table agree after each step.
func (on cases) TestLedger(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		for _, codec := range []gormsession.Codec{gormsession.JSON, newSealing(), compacting{}} {
			config := dbtest.Config{Bare: codec != gormsession.JSON}
			a, b := on.nodes(t, dbtest.New(t, d.Kind()), config.Gorm(),
				gormsession.WithTimeout(3*time.Second), gormsession.WithCodec(codec))
			told := map[int]int{}
			rapid.Check(t, func(rt *rapid.T) {
				a.exec("DELETE FROM web_sessions")
				l := &ledger{a: a, b: b, stored: map[string]int{}, told: told}
				l.key = a.start(map[string]any{"tokens": []string{}, "n": 0})
				for range rapid.IntRange(1, 8).Draw(rt, "steps") {
					l.step(rt)
				}
			})
			t.Logf("%T: answers by status: %v", codec, told)
		}
	})
}

// step has one node add a token, with a fault or without, and the other do something meanwhile.
func (l *ledger) step(t *rapid.T) {
	l.number++
	token, own := fmt.Sprintf("A%d;", l.number), fmt.Sprintf("B%d;", l.number)
	a, b := l.a, l.b
	if rapid.Bool().Draw(t, "by the other node") {
		a, b = b, a
	}
	known := slices.DeleteFunc(slices.Clone(additions), func(add addition) bool { return add.fresh })
	add := rapid.SampledFrom(known).Draw(t, "addition")
	mode := rapid.SampledFrom([]string{
		"no fault", "COMMIT never arrives", "answer lost", "answers lost",
	}).Draw(t, "fault")
	other := rapid.SampledFrom(deedsMeanwhile).Draw(t, "deed")
	// What is taken back may be what another step has added.
	back := token
	if len(l.stored) > 0 && rapid.Bool().Draw(t, "an older one") {
		back = rapid.SampledFrom(slices.Sorted(maps.Keys(l.stored))).Draw(t, "which")
	}
	seen, happened, met := false, false, false
	var theirs reply
	meanwhile := func() {
		if happened || other.page == nil {
			return
		}
		happened, met = true, b.entries(l.key) != nil
		theirs = b.visit(l.key, other.page(back, own, &seen))
	}
	if mode == "no fault" {
		a.heals()
	} else {
		a.loseSave(mode, add, meanwhile)
	}
	page := add.page(token)
	early := mode == "no fault" && rapid.Bool().Draw(t, "at once")
	got, err := a.do(l.key, func(c *Call) {
		if early { // a plain race, without a fault
			_ = c.Session().Load()
			meanwhile()
		}
		page(c)
	})
	a.heals()
	l.told[got.status]++
	l.history = append(l.history, fmt.Sprintf("%s, %s, %s (early %t, takes %s): %d %v",
		add.name, mode, other.name, early, back, got.status, err))

	key := l.key
	if got.status == http.StatusOK && got.cookie != nil {
		key = got.cookie.Value
	}
	meanwhile()
	if met && theirs.status != http.StatusOK {
		t.Fatalf("the other was answered with %d\n%q", theirs.status, l.history)
	}
	if met && other.name == "cycles" {
		key = theirs.cookie.Value
	}
	gone := met && other.name == "logs out"

	done := mode == "answer lost" || mode == "answers lost"
	if seen && back != token {
		l.stored[back] = 0
	}
	if gone {
		clear(l.stored)
	}
	least, most := 0, 1
	switch {
	case gone, seen && back == token:
		most = 0
	case got.status == http.StatusOK, done:
		least = 1
	case got.status == http.StatusBadRequest && mode == "no fault":
		most = 0
	}
	if n := a.count(token); n < least || n > most {
		t.Fatalf("%s is stored %d times, and should be %d to %d times\n%q",
			token, n, least, most, l.history)
	} else if !gone {
		l.stored[token] = n
	}
	if other.name == "adds" && met {
		l.stored[own] = 1
	}
	for token, want := range l.stored {
		if n := a.count(token); n != want {
			t.Fatalf("%s is stored %d times, and should be %d times\n%q", token, n, want, l.history)
		}
	}
	l.key = key
	if a.entries(key) == nil { // a logout, or a key that nobody was told
		a.exec("DELETE FROM web_sessions")
		clear(l.stored)
		l.key = a.start(map[string]any{"tokens": []string{}, "n": 0})
	}
	// Who comes with a key that is no more gets a session of his own.
	a.exec("DELETE FROM web_sessions WHERE session_key <> ?", stored(l.key))
}
