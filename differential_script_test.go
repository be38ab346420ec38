package gormsession_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/seed7368b609/gormsession/internal/plainmodel"
)

// A script is what browsers do to one application, in an empty database.
type script struct {
	site   int // of the sites of the test
	plants []plant
	turns  []turn
}

// A plant is a session that is there at the beginning.
type plant struct {
	browser, plugin int
	former          bool // it is in the former table, where there is one
	data            int  // of planted
	left            time.Duration
}

// A turn is one request.
type turn struct {
	browser int
	brings  string // its cookies
	says    string // to caches
	status  int
	steps   []step
	end     string
}

// A step is what a handler does: one of the fields is set.
type step struct {
	plugin int // of which session act is
	act    int // of acts, counted from 1
	turn   *turn
	wait   time.Duration
	fault  *plainmodel.Fault
	leave  string
}

const browsers = 2

// planted are the entries of plants; nil is a row that cannot be read.
var planted = []map[string]string{
	{"a": "1"}, {"a": "0", "n": "3"}, {}, {"_session_expiry": "3600", "b": `"x"`},
	{"_flashes": `["m","m"]`}, {"_session_expiry": "0"}, nil,
}

var (
	leaves = []string{"flush", "long body", "hijack"}
	ends   = []string{"return", "return", "return", "return", "return", "panic", "late 500"}
	said   = []string{"", "", "", "", plainmodel.Public, plainmodel.MaxAge, plainmodel.NoStore, "cdn"}
	brings = []string{
		"own", "own", "own", "own", "own", "own", "own", "own", "own", "nothing", "malformed",
		"unknown", "long", "own and unknown", "all browsers'", "nine",
	}
	statuses = []int{200, 200, 200, 200, 200, 302, 404, 500, 503}
	lefts    = []int{30, 15 * 24} // hours, at most
	waits    = []time.Duration{time.Hour, 30 * time.Hour, 15 * 24 * time.Hour}
	faults   = []plainmodel.Fault{
		{}, {}, {}, {Refuses: "SELECT"}, {Refuses: "UPDATE"}, {Refuses: "INSERT"}, {Refuses: "DELETE"},
		{Refuses: "BEGIN"}, {Loses: plainmodel.LostRequest}, {Loses: plainmodel.LostAnswer},
		{Loses: plainmodel.LostRequest, Once: true}, {Loses: plainmodel.LostAnswer, Once: true},
	}
)

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// A mood says how often, of 16 steps, something else happens than a call of the handler's, and
// which calls there are: of few that come often more combinations are met than of all at once.
type mood struct {
	*rand.Rand
	turns, waits, faults int
	acts                 []int
	says                 []string
}

var moods = []mood{{turns: 1, waits: 1, faults: 1}, {waits: 5}, {turns: 3}, {turns: 1, faults: 4}}

// newScript draws a script for one of so many sites.
func newScript(r *rand.Rand, sites int) script {
	m := pick(r, moods)
	m.Rand, m.acts, m.says = r, r.Perm(len(acts))[:2+r.IntN(8)], said
	if r.IntN(3) == 0 {
		m.says = []string{pick(r, said)}
	}
	s := script{site: r.IntN(sites)}
	for range r.IntN(4) {
		s.plants = append(s.plants, plant{
			browser: r.IntN(browsers), plugin: r.IntN(2), former: r.IntN(2) == 0,
			data: r.IntN(len(planted)), left: time.Duration(r.IntN(pick(r, lefts))) * time.Hour,
		})
	}
	for range 1 + r.IntN(6) {
		s.turns = append(s.turns, m.turn(r.IntN(browsers), true))
	}
	return s
}

func (m mood) turn(browser int, outermost bool) turn {
	r := m.Rand
	t := turn{
		browser: browser, brings: pick(r, brings), says: pick(r, m.says),
		status: pick(r, statuses), end: pick(r, ends),
	}
	some := func(most int) {
		for range r.IntN(most) {
			t.steps = append(t.steps, m.step(browser, outermost))
		}
	}
	some(6)
	if r.IntN(4) == 0 {
		t.steps = append(t.steps, step{leave: pick(r, leaves)})
		some(4)
	}
	return t
}

func (m mood) step(browser int, outermost bool) step {
	n := m.IntN(16)
	if n < m.turns && outermost {
		if m.IntN(4) == 0 {
			browser = m.IntN(browsers)
		}
		inner := m.turn(browser, false)
		return step{turn: &inner}
	}
	if n -= m.turns; n >= 0 && n < m.waits {
		return step{wait: pick(m.Rand, waits)}
	}
	if n -= m.waits; n >= 0 && n < m.faults {
		fault := pick(m.Rand, faults)
		return step{fault: &fault}
	}
	return step{plugin: m.IntN(2), act: 1 + pick(m.Rand, m.acts)}
}

// size is how many requests it makes.
func (s script) size() int {
	n := len(s.turns)
	for _, v := range s.turns {
		for _, step := range v.steps {
			if step.turn != nil {
				n++
			}
		}
	}
	return n
}

// smaller are scripts with one thing less.
func (s script) smaller() (list []script) {
	for i := range s.plants {
		less := s
		less.plants = without(s.plants, i)
		list = append(list, less)
	}
	for i := range s.turns {
		less := s
		less.turns = without(s.turns, i)
		list = append(list, less)
		for _, v := range s.turns[i].smaller() {
			less := s
			less.turns = append([]turn{}, s.turns...)
			less.turns[i] = v
			list = append(list, less)
		}
	}
	return list
}

func (v turn) smaller() (list []turn) {
	for i, s := range v.steps {
		less := v
		less.steps = without(v.steps, i)
		list = append(list, less)
		if s.turn == nil {
			continue
		}
		for _, inner := range s.turn.smaller() {
			less := v
			less.steps = append([]step{}, v.steps...)
			less.steps[i].turn = &inner
			list = append(list, less)
		}
	}
	for _, plainer := range []turn{
		{v.browser, "own", v.says, v.status, v.steps, v.end},
		{v.browser, v.brings, "", v.status, v.steps, v.end},
		{v.browser, v.brings, v.says, 200, v.steps, v.end},
		{v.browser, v.brings, v.says, v.status, v.steps, "return"},
	} {
		if plainer.line() != v.line() {
			list = append(list, plainer)
		}
	}
	return list
}

// without is list without its element i.
func without[T any](list []T, i int) []T {
	return append(append([]T{}, list[:i]...), list[i+1:]...)
}

func (s script) String() string {
	var b strings.Builder
	for _, p := range s.plants {
		fmt.Fprintf(&b, "there is a session %d of browser %d, plugin %d, former table %t, for %v: %v\n",
			p.data, p.browser, p.plugin, p.former, p.left, planted[p.data])
	}
	for _, v := range s.turns {
		b.WriteString(v.text("") + "\n")
	}
	return b.String()
}

func (v turn) line() string {
	return fmt.Sprintf("browser %d brings %s, Cache-Control %q, status %d, %s",
		v.browser, v.brings, v.says, v.status, v.end)
}

func (v turn) text(indent string) string {
	text := indent + v.line()
	for _, s := range v.steps {
		text += "\n" + indent + "  "
		switch {
		case s.turn != nil:
			text += "meanwhile\n" + s.turn.text(indent+"    ")
		case s.wait != 0:
			text += fmt.Sprint("wait ", s.wait)
		case s.fault != nil:
			text += fmt.Sprintf("fault %+v", *s.fault)
		case s.leave != "":
			text += s.leave
		default:
			text += fmt.Sprintf("session %d: %s", s.plugin, acts[s.act-1].name)
		}
	}
	return text
}
