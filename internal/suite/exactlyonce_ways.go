package suite

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// An addition is a way to add a token once.
type addition struct {
	name   string
	save   int  // the number of the save that is lost
	bare   int  // how many saves before it go bare
	fresh  bool // it makes a new session
	cycles bool // it gives the session a new key
	page   func(token string) func(*Call)
}

func addFlash(token string) func(*Call) {
	return func(c *Call) { c.Session().Flash(token) }
}

var additions = []addition{
	{name: "Modify", save: 1, page: addToken},
	{name: "Flash", save: 1, page: addFlash},
	{name: "Modify in a new session", save: 1, fresh: true, page: addToken},
	{name: "Flash in a new session", save: 1, fresh: true, page: addFlash},
	{name: "Modify and CycleKey", save: 1, cycles: true, page: together(addToken, nil, pageC)},
	{name: "Modify and Set", save: 1, page: together(addToken, nil, set("y", 1))},
	{name: "Modify and Save", save: 1, page: together(addToken, nil, saves)},
	{name: "Save, then Modify", save: 2, bare: 1,
		page: together(addToken, []func(*Call){setsAnew, saves})},
	{name: "Modify, Save, and Modify", save: 2,
		page: together(addToken, []func(*Call){modifies, saves})},
}

// together is a page that adds the token between others.
func together(
	add func(string) func(*Call), before []func(*Call), after ...func(*Call),
) func(string) func(*Call) {
	return func(token string) func(*Call) {
		return func(c *Call) {
			for _, page := range slices.Concat(before, []func(*Call){add(token)}, after) {
				page(c)
			}
		}
	}
}

var anew atomic.Int64

// setsAnew sets an entry to what it never was.
func setsAnew(c *Call) { c.Session().Set("y", anew.Add(1)) }

func modifies(c *Call) { counter.Modify(c.Session(), plusOne) }

// A deed is what another node does before the second try. token is that of the first node, seen
// tells whether the deed's request has found it.
type deed struct {
	name string
	page func(token, own string, seen *bool) func(*Call)
}

var deedsMeanwhile = []deed{
	{"nobody", nil},
	{"adds", func(_, own string, _ *bool) func(*Call) { return addToken(own) }},
	{"takes back", func(token, _ string, seen *bool) func(*Call) {
		return dropToken(token, seen)
	}},
	{"takes back by Set", func(token, _ string, seen *bool) func(*Call) {
		return dropTokenBySet(token, seen)
	}},
	{"logs out", func(_, _ string, _ *bool) func(*Call) { return pageF }},
	{"cycles", func(_, _ string, _ *bool) func(*Call) { return pageC }},
	{"sets another entry", func(_, _ string, _ *bool) func(*Call) {
		return set("x", "theirs")
	}},
	{"renews", func(_, _ string, _ *bool) func(*Call) {
		return func(c *Call) { c.Session().SetExpiry(time.Hour) }
	}},
}

// A lossyCase is a save whose end is lost, on a text that a Set or a Modify has left, and what
// another node does before the second try.
type lossyCase struct {
	add    addition
	mode   string
	other  deed
	marked bool
	number int
}

func lossyCases() (all []lossyCase) {
	for _, add := range additions {
		for _, mode := range []string{"COMMIT never arrives", "answer lost", "answers lost"} {
			for _, other := range deedsMeanwhile {
				for _, marked := range []bool{false, true} {
					if !add.fresh || other.page == nil && !marked { // nobody else knows of a new one
						all = append(all, lossyCase{add, mode, other, marked, len(all)})
					}
				}
			}
		}
	}
	return all
}

func (c lossyCase) String() string {
	return fmt.Sprintf("%s, %s, %s, marked %t", c.add.name, c.mode, c.other.name, c.marked)
}

// visit has it happen, and checks what both nodes were told. It returns the answer.
func (c lossyCase) visit(a, b *node) reply {
	t := a.t
	t.Helper()
	token, own := fmt.Sprintf("A%d;", c.number), fmt.Sprintf("B%d;", c.number)
	key := ""
	if !c.add.fresh {
		key = a.start(map[string]any{"tokens": []string{}, "n": 0})
	}
	if c.marked {
		a.visit(key, increment)
	}
	seen := false
	meanwhile := sync.OnceFunc(func() {
		if c.other.page == nil {
			return
		}
		if got := b.visit(key, c.other.page(token, own, &seen)); got.status != http.StatusOK {
			t.Errorf("%s: the other was answered with %d\n%s", c, got.status, b.log)
		}
	})
	a.loseSave(c.mode, c.add, meanwhile)
	got, err := a.do(key, c.add.page(token))
	a.heals()
	meanwhile() // if there was no second try

	done := c.mode != "COMMIT never arrives"
	// A logout with a key that is no more ends nothing.
	loggedOut := c.other.name == "logs out" && !(done && c.add.cycles)
	claim{reply: got, err: err, done: done, gone: seen || loggedOut}.
		check(t, c.String(), a.count(token))
	if n := a.count(own); c.other.name == "adds" && n != 1 && !(done && c.add.cycles) {
		t.Errorf("%s: the other's token is stored %d times", c, n)
	}
	if loggedOut && (got.status == http.StatusOK || len(a.rows()) != 0) {
		t.Errorf("%s: answered with %d, and %d rows are left", c, got.status, len(a.rows()))
	}
	a.exec("DELETE FROM web_sessions")
	return got
}
