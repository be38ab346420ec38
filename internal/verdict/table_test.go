package verdict_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession/internal/madetest"
	"github.com/seed7368b609/gormsession/internal/verdict"
)

// situations are what a request comes with.
var situations = []struct {
	name  string
	begin verdict.Case
	world world
}{
	{"no cookie", verdict.Case{}, world{row: verdict.Missed}},
	{"malformed", verdict.Case{Cookie: verdict.Malformed}, world{row: verdict.Missed}},
	{"live", brought(verdict.WellFormed), world{row: verdict.Done}},
	{"unknown", brought(verdict.WellFormed), world{row: verdict.Missed}},
	{"unreadable", brought(verdict.WellFormed), world{row: verdict.Damaged}},
	{"several, none counts", brought(verdict.Several), world{row: verdict.Missed}},
}

func brought(c verdict.Cookie) verdict.Case {
	return verdict.Case{Cookie: c, Row: verdict.Unasked}
}

// wishes are what handlers do.
var wishes = []struct {
	name string
	do   func(world, testing.TB, verdict.Case) verdict.Case
}{
	{"nothing", func(_ world, _ testing.TB, c verdict.Case) verdict.Case { return c }},
	{"`Key`", func(_ world, _ testing.TB, c verdict.Case) verdict.Case {
		return c.LookedAt(verdict.Glanced)
	}},
	{"`Get`", func(w world, _ testing.TB, c verdict.Case) verdict.Case { return w.looked(c) }},
	{"`Touch`", func(_ world, _ testing.TB, c verdict.Case) verdict.Case { return c.Renew() }},
	{"`Set`", write},
	{"`Clear`", func(w world, _ testing.TB, c verdict.Case) verdict.Case {
		c = w.looked(c).Change()
		c.Filled = false
		return c
	}},
	{"`CycleKey`", func(w world, _ testing.TB, c verdict.Case) verdict.Case {
		return w.looked(c).NewKey()
	}},
	{"`Save`", save},
	{"`Set`, `Save`", func(w world, t testing.TB, c verdict.Case) verdict.Case {
		return save(w, t, write(w, t, c))
	}},
	{"`Set`, `SaveIn`", func(w world, t testing.TB, c verdict.Case) verdict.Case {
		return saveIn(w, t, write(w, t, c))
	}},
	{"`CycleKey`, `SaveIn`", func(w world, t testing.TB, c verdict.Case) verdict.Case {
		return saveIn(w, t, w.looked(c).NewKey())
	}},
	{"`Flush`", flush},
	{"`Flush`, `Set`", func(w world, t testing.TB, c verdict.Case) verdict.Case {
		return write(w, t, flush(w, t, c))
	}},
	{"`Set`, `Discard`", func(w world, t testing.TB, c verdict.Case) verdict.Case {
		c = write(w, t, c).Discard()
		c.Filled = c.Row == verdict.Live
		return c
	}},
}

func write(w world, _ testing.TB, c verdict.Case) verdict.Case {
	c = w.looked(c).Change()
	c.Filled = true
	return c
}

func save(w world, t testing.TB, c verdict.Case) verdict.Case {
	c, _, _ = w.settle(t, c.Insist(), verdict.Explicit, verdict.Rules{})
	return c
}

func saveIn(w world, t testing.TB, c verdict.Case) verdict.Case {
	c, _, _ = w.settle(t, c.Insist(), verdict.Within, verdict.Rules{})
	return c
}

func flush(_ world, _ testing.TB, c verdict.Case) verdict.Case {
	return c.Flush(c.HasKey() || c.Row == verdict.Unreadable)
}

// endings are how a response ends.
var endings = []struct {
	name   string
	moment verdict.Moment
	public bool
}{
	{"an answer, below 500", verdict.Answer, false},
	{"an answer that shared caches may keep", verdict.Answer, true},
	{"500 and up", verdict.Refusal, false},
	{"a panic", verdict.Panicked, false},
	{"after the header has left", verdict.Late, false},
}

// tables are what docs/semantics.md shows of the verdicts on the defaults.
func tables(t testing.TB) string {
	var b strings.Builder
	for _, e := range endings {
		fmt.Fprintf(&b, "\n%s:\n\n| the handler calls |", e.name)
		for _, s := range situations {
			fmt.Fprintf(&b, " %s |", s.name)
		}
		fmt.Fprintf(&b, "\n|---|%s\n", strings.Repeat("---|", len(situations)))
		for _, wish := range wishes {
			fmt.Fprintf(&b, "| %s |", wish.name)
			for _, s := range situations {
				c := s.begin
				if e.moment == verdict.Late {
					c = verdict.Answered(c, false)
				}
				c = wish.do(s.world, t, c)
				fmt.Fprintf(&b, " %s |", cell(t, c, s.world, e.moment, e.public))
			}
			fmt.Fprintln(&b)
		}
	}
	return b.String()
}

// cell is what the end of one request does.
func cell(t testing.TB, c verdict.Case, w world, m verdict.Moment, public bool) string {
	var r verdict.Rules
	if m == verdict.Answer {
		c = verdict.Due(c, public, r)
	}
	begun := c.Row
	c, steps, problem := w.settle(t, c, m, r)
	var said []string
	for _, step := range steps {
		if step == verdict.Load && begun == verdict.None {
			continue // there is no key to ask for
		}
		if name := stepNames[step]; name != "" {
			said = append(said, name)
		}
	}
	if problem != verdict.NoProblem {
		said = append(said, problemNames[problem])
	}
	if m != verdict.Late {
		saved := m == verdict.Answer && problem == verdict.NoProblem
		edits := verdict.Announce(c, saved, public, r)
		said = append(said, editNames[edits.Cookie]...)
		if edits.Vary && edits.Cookie == verdict.LeaveCookie {
			said = append(said, "vary")
		}
	}
	if len(said) == 0 {
		return "–"
	}
	return strings.Join(said, ", ")
}

var stepNames = map[verdict.Step]string{
	verdict.Bury: "delete", verdict.Load: "select", verdict.Touch: "renew",
	verdict.Insert: "insert", verdict.Update: "update", verdict.Rekey: "new key",
	verdict.Confirm: "look", verdict.Redeem: "look",
}

var problemNames = map[verdict.Problem]string{
	verdict.HeaderSent: "`ErrHeaderSent`", verdict.Sticky: "error", verdict.WasDiscarded: "error",
}

var editNames = map[verdict.CookieEdit][]string{
	verdict.SetCookie: {"**cookie**"}, verdict.DeleteCookie: {"**no cookie**"},
}

// docs/semantics.md shows what the functions say, cell by cell. To write it: go test -update.
func TestPageShowsTheVerdicts(t *testing.T) {
	madetest.Part(t, "../../docs/semantics.md", "internal/verdict", tables(t))
}
