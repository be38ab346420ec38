// Package history checks what several clients did to one session at the same time, through faults,
// against a sequential model: there must be an order of all that was done in which each answer is
// the one that a single client would have got.
package history

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/seed7368b609/gormsession/internal/faults/application"
)

// A Call is what a client asks of the session of a key.
type Call struct {
	Do  string // read, increment, set, put, take, login or logout
	Key string
	Arg string // of set and put

	again bool // it may be done once more
}

// An Answer is what the client is told.
type Answer struct {
	Outcome application.Outcome
	Page    application.Page
	Key     string // the new one, of a login
}

// state is the session, as one client after the other would see it.
type state struct {
	key      string // "" once it has ended
	n        int
	x, token string
}

// A History is of one session, which had that key at first.
type History struct {
	key   string
	began time.Time
	lossy bool // answers of the database are lost

	mu  sync.Mutex
	all []porcupine.Operation
}

// New begins a history.
func New(key string) *History { return &History{key: key, began: time.Now()} }

// Lossy begins one through which answers of the database are lost: a token that was put may be put
// once more, until its client is answered, where somebody has taken it, and so put back what was
// there.
func Lossy(key string) *History { return &History{key: key, began: time.Now(), lossy: true} }

// Do notes a call of a client. What has certainly failed is not part of the history; what is
// unknown may happen at any time after it was asked for, or never, which is after all else.
func (h *History) Do(client int, call Call, do func() Answer) Answer {
	asked := time.Since(h.began).Nanoseconds()
	got := do()
	told := time.Since(h.began).Nanoseconds()
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case got.Outcome == application.Unavailable,
		got.Outcome == application.Unknown && call.Do == "read":
		return got
	case got.Outcome == application.Unknown:
		told = math.MaxInt64
	}
	h.all = append(h.all, porcupine.Operation{
		ClientId: client, Input: call, Output: got, Call: asked, Return: told,
	})
	return got
}

// Len is how many calls count.
func (h *History) Len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.all)
}

// Check tells what is wrong with the history.
func (h *History) Check(limit time.Duration) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch porcupine.CheckOperationsTimeout(h.model(), h.operations(), limit) {
	case porcupine.Ok:
		return nil
	case porcupine.Unknown:
		return fmt.Errorf("a history of %d calls was not decided in %v", len(h.all), limit)
	}
	var text strings.Builder
	for _, o := range h.all {
		fmt.Fprintf(&text, "\n%12d to %19d, client %d: %s", o.Call, o.Return, o.ClientId,
			describe(o.Input, o.Output))
	}
	return fmt.Errorf("no order of these calls explains what the clients were told:%s", &text)
}

func describe(input, output any) string {
	call, got := input.(Call), output.(Answer)
	return fmt.Sprintf("%s %s of %.6s: %s %+v %.6s", call.Do, call.Arg, call.Key, got.Outcome,
		got.Page, got.Key)
}

// operations are the calls, and what may have been done once more.
func (h *History) operations() []porcupine.Operation {
	all := slices.Clone(h.all)
	for _, o := range h.all {
		if call := o.Input.(Call); h.lossy && call.Do == "put" {
			call.again = true
			o.Input = call
			all = append(all, o)
		}
	}
	return all
}

func (h *History) model() porcupine.Model {
	model := porcupine.NondeterministicModel{
		Init: func() []any { return []any{state{key: h.key}} },
		Step: func(s, input, output any) (next []any) {
			call := input.(Call)
			may, then := step(s.(state), call, output.(Answer))
			if may && (!call.again || s.(state).token == "") {
				next = append(next, then)
			}
			if call.again {
				next = append(next, s) // or not
			}
			return next
		},
		DescribeOperation: describe,
	}
	return model.ToModel()
}

// step tells whether a client may be told that, and what the session is then.
func step(s state, call Call, got Answer) (bool, state) {
	unknown := got.Outcome == application.Unknown
	if call.Key != s.key {
		// A logout with a key that is no more ends nothing, and has nothing to say.
		return unknown || got.Outcome == application.Gone ||
			got.Outcome == application.Done && call.Do == "logout", s
	}
	if got.Outcome == application.Gone {
		return false, s
	}
	page := got.Page
	switch call.Do {
	case "read":
		return page.N == s.n && page.X == s.x && page.Token == s.token, s
	case "increment":
		s.n++
		return unknown || page.N == s.n, s
	case "set":
		s.x = call.Arg
		return true, s
	case "put":
		s.token = call.Arg
		return true, s
	case "take":
		taken := s.token
		s.token = ""
		return unknown || page.Token == taken, s
	case "login":
		if s.key = got.Key; unknown {
			s.key = "of which nobody was told"
		}
		return s.key != "", s
	case "logout":
		s.key = ""
		return true, s
	}
	return false, s
}
