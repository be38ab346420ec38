package history

import (
	"strconv"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/seed7368b609/gormsession/internal/faults/application"
)

// at is a call that lasts from one moment to another.
func at(asked, told int64, call Call, got Answer) porcupine.Operation {
	return porcupine.Operation{Input: call, Output: got, Call: asked, Return: told}
}

func done(page application.Page) Answer { return Answer{Outcome: application.Done, Page: page} }

// Whoever looks for faults is to find those that are there, and no others.
func TestCheck(t *testing.T) {
	const k, later = "k", int64(1) << 62
	read, increment := Call{Do: "read", Key: k}, Call{Do: "increment", Key: k}
	take, put := Call{Do: "take", Key: k}, Call{Do: "put", Key: k, Arg: "t"}
	login, logout := Call{Do: "login", Key: k}, Call{Do: "logout", Key: k}
	number := func(n int) Answer { return done(application.Page{N: n}) }
	gone, unknown := Answer{Outcome: application.Gone}, Answer{Outcome: application.Unknown}
	for name, c := range map[string]struct {
		may bool
		all []porcupine.Operation
	}{
		"one after the other": {true, []porcupine.Operation{
			at(1, 2, increment, number(1)), at(3, 4, increment, number(2)), at(5, 6, read, number(2))}},
		"an update that is lost": {false, []porcupine.Operation{
			at(1, 4, increment, number(1)), at(2, 3, increment, number(1))}},
		"two at once": {true, []porcupine.Operation{
			at(1, 4, increment, number(2)), at(2, 3, increment, number(1))}},
		"a read of what was before": {false, []porcupine.Operation{
			at(1, 2, increment, number(1)), at(3, 4, read, number(0))}},
		"an unknown end, done": {true, []porcupine.Operation{
			at(1, later, increment, unknown), at(3, 4, read, number(1))}},
		"an unknown end, not done": {true, []porcupine.Operation{
			at(1, later, increment, unknown), at(3, 4, read, number(0))}},
		"an unknown end, done late": {true, []porcupine.Operation{
			at(1, later, increment, unknown), at(3, 4, read, number(0)), at(5, 6, read, number(1))}},
		"an unknown end, done twice": {false, []porcupine.Operation{
			at(1, later, increment, unknown), at(3, 4, read, number(2))}},
		"a logout": {true, []porcupine.Operation{
			at(1, 2, logout, done(application.Page{})), at(3, 4, read, gone)}},
		"a logout that is undone": {false, []porcupine.Operation{
			at(1, 2, logout, done(application.Page{})), at(3, 4, read, number(0))}},
		"a save after a logout": {false, []porcupine.Operation{
			at(1, 2, logout, done(application.Page{})), at(3, 4, increment, number(1))}},
		"a session that is lost": {false, []porcupine.Operation{at(1, 2, read, gone)}},
		"a login": {true, []porcupine.Operation{
			at(1, 2, login, Answer{Outcome: application.Done, Key: "new"}), at(3, 4, read, gone),
			at(5, 6, Call{Do: "increment", Key: "new"}, number(1))}},
		"a login that leaves the old key": {false, []porcupine.Operation{
			at(1, 2, login, Answer{Outcome: application.Done, Key: "new"}), at(3, 4, read, number(0))}},
		"two logins of one key": {false, []porcupine.Operation{
			at(1, 4, login, Answer{Outcome: application.Done, Key: "one"}),
			at(2, 3, login, Answer{Outcome: application.Done, Key: "two"})}},
		"a logout with the old key": {true, []porcupine.Operation{
			at(1, 2, login, Answer{Outcome: application.Done, Key: "new"}),
			at(3, 4, logout, done(application.Page{})),
			at(5, 6, Call{Do: "read", Key: "new"}, number(0))}},
		"a token": {true, []porcupine.Operation{
			at(1, 2, put, number(0)), at(3, 6, take, done(application.Page{Token: "t"})),
			at(4, 5, take, number(0))}},
		"a token that two have": {false, []porcupine.Operation{
			at(1, 2, put, number(0)), at(3, 6, take, done(application.Page{Token: "t"})),
			at(4, 5, take, done(application.Page{Token: "t"}))}},
		"a token that nobody has": {false, []porcupine.Operation{
			at(1, 2, put, number(0)), at(3, 6, take, number(0)), at(4, 5, read, number(0))}},
	} {
		h := New(k)
		h.all = c.all
		if err := h.Check(10 * time.Second); (err == nil) != c.may {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A token that is put, and taken before its client is answered, may be put once more where answers
// are lost, and nowhere else; and not after the answer.
func TestPutOnceMore(t *testing.T) {
	put, take := Call{Do: "put", Key: "k", Arg: "t"}, Call{Do: "take", Key: "k"}
	taken := done(application.Page{Token: "t"})
	for answered, may := range map[int64]bool{7: true, 3: false} {
		for _, h := range []*History{New("k"), Lossy("k")} {
			h.all = []porcupine.Operation{
				at(1, answered, put, done(application.Page{})), at(4, 5, take, taken), at(8, 9, take, taken),
			}
			if err := h.Check(time.Second); (err == nil) != (may && h.lossy) {
				t.Errorf("answered at %d, lossy %t: %v", answered, h.lossy, err)
			}
		}
	}
}

// What has certainly failed is no part of a history, so it must have done nothing.
func TestWhatFailedDidNothing(t *testing.T) {
	h := New("k")
	for i, o := range []application.Outcome{application.Unavailable, application.Done} {
		h.Do(i, Call{Do: "increment", Key: "k"}, func() Answer {
			return Answer{Outcome: o, Page: application.Page{N: 1}}
		})
	}
	if err := h.Check(time.Second); err != nil || h.Len() != 1 {
		t.Errorf("%d calls count, %v", h.Len(), err)
	}
	h.Do(0, Call{Do: "read", Key: "k"}, func() Answer { return done(application.Page{N: 2}) })
	if err := h.Check(time.Second); err == nil {
		t.Error("what failed was done, and nobody noticed")
	}
}

// Histories of the length that the cases have, with as many unknown ends, are decided in time.
func TestLongHistories(t *testing.T) {
	h := New("k")
	n := int64(0)
	for i := range int64(60) {
		call, got := Call{Do: "increment", Key: "k"}, done(application.Page{N: int(n + 1)})
		told := i*10 + 15
		switch {
		case i%8 == 0:
			got, told = Answer{Outcome: application.Unknown}, 1<<62
		default:
			n++
		}
		if i%5 == 0 && i%8 != 0 {
			call, n = Call{Do: "set", Key: "k", Arg: strconv.Itoa(int(i))}, n-1
		}
		h.all = append(h.all, at(i*10, told, call, got))
	}
	if err := h.Check(10 * time.Second); err != nil {
		t.Error(err)
	}
}
