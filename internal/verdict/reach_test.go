package verdict_test

import (
	"testing"

	"github.com/seed7368b609/gormsession/internal/verdict"
)

// outcomes are what can come of a step.
func outcomes(step verdict.Step) []verdict.Outcome {
	switch step {
	case verdict.Load:
		return []verdict.Outcome{verdict.Done, verdict.Missed, verdict.Damaged}
	case verdict.Reckon:
		return []verdict.Outcome{verdict.Equal, verdict.OtherEnd, verdict.HasEnded}
	case verdict.Compare:
		return []verdict.Outcome{
			verdict.Equal, verdict.OtherEnd, verdict.OtherText, verdict.HasEnded,
		}
	case verdict.Touch:
		return []verdict.Outcome{verdict.Done, verdict.Missed, verdict.Elsewhere}
	case verdict.Confirm:
		return []verdict.Outcome{
			verdict.Done, verdict.Missed, verdict.Open, verdict.Undone, verdict.Unmade,
		}
	case verdict.Redeem:
		return []verdict.Outcome{
			verdict.Done, verdict.Missed, verdict.Open, verdict.Undone, verdict.Unmade,
		}
	case verdict.Update:
		return []verdict.Outcome{verdict.Done, verdict.DoneExpiryMoved, verdict.Elsewhere}
	case verdict.Rekey:
		return []verdict.Outcome{verdict.Done, verdict.Elsewhere}
	}
	return []verdict.Outcome{verdict.Done}
}

// ends calls f with each way in which what is due at a moment can end: the case, the steps, and
// whether the last of them has failed.
func ends(
	t testing.TB, c verdict.Case, m verdict.Moment, r verdict.Rules, steps []verdict.Step,
	f func(c verdict.Case, steps []verdict.Step, p verdict.Problem, failed bool),
) {
	if len(steps) > 8 {
		t.Fatalf("%+v at %v has no end: %v", c, m, steps)
	}
	step, problem := verdict.Decide(c, m, r)
	if step == verdict.Leave {
		f(c, steps, problem, false)
		return
	}
	steps = append(steps[:len(steps):len(steps)], step)
	if asks(step) {
		failed := c
		if step == verdict.Load {
			failed = c.Fail(verdict.Fault)
		}
		f(failed, steps, problem, true)
	}
	for _, o := range outcomes(step) {
		if o == verdict.Elsewhere && c.Followed {
			continue // a row is gone after once
		}
		if step == verdict.Redeem && o == verdict.Open && c.DependsOnPledge() {
			continue // is an error
		}
		next := verdict.Settle(c, m, step, o)
		if step == verdict.Load {
			next.Filled = o == verdict.Done
		}
		ends(t, next, m, r, steps, f)
	}
}

// asks tells whether a step asks the database.
func asks(step verdict.Step) bool {
	switch step {
	case verdict.Reckon, verdict.Skip, verdict.Note, verdict.Leave:
		return false
	}
	return true
}

// acts are what a handler can do to a case, whose session is looked up for it where need be.
func acts(c verdict.Case) []verdict.Case {
	next := []verdict.Case{c.LookedAt(verdict.Glanced), c.Renew()}
	if c.Row == verdict.Live && c.Debt == verdict.Quits {
		next = append(next, c.Succeed(), c.Lead())
	}
	next = append(next, c.Flush(c.HasKey() || c.Row == verdict.Unreadable))
	if !c.Known() {
		if c.Trouble != verdict.NoTrouble {
			return append(next, c.LookedAt(verdict.Read), c.Discard())
		}
		for _, row := range outcomes(verdict.Load) {
			if c.Row == verdict.None && row != verdict.Missed {
				continue
			}
			for _, filled := range []bool{false, row == verdict.Done} {
				loaded := verdict.Settle(c, verdict.Answer, verdict.Load, row)
				loaded.Filled = filled
				next = append(next, loaded.LookedAt(verdict.Read))
			}
		}
		return append(next, c.LookedAt(verdict.Read).Fail(verdict.Fault), c.Discard())
	}
	if c.Trouble == verdict.NoTrouble {
		for _, filled := range []bool{false, true} {
			changed := c.Change()
			changed.Filled = filled
			next = append(next, changed)
		}
		next = append(next, c.NewKey(), c.Fail(verdict.Misuse), c.Fail(verdict.Fault))
	}
	return append(next, c.Discard())
}

// everyRule are the combinations of the options. The two that delete cookies decide no step.
func everyRule() (all []verdict.Rules) {
	for bits := range 1 << 4 {
		on := func(i int) bool { return bits>>i&1 == 1 }
		all = append(all, verdict.Rules{Exact: on(0), RenewEach: on(1), RenewRead: on(2),
			DeletesMalformed: on(3), DeletesUnknown: on(3)})
	}
	return all
}

// reachable are all the cases that a handler can bring about under these rules, with its Saves,
// before the header has left and after.
func reachable(t testing.TB, r verdict.Rules) []verdict.Case {
	var all []verdict.Case
	seen := map[verdict.Case]bool{}
	add := func(c verdict.Case) {
		c = c.Begin()
		if !seen[c] {
			seen[c] = true
			all = append(all, c)
		}
	}
	for _, s := range situations {
		add(s.begin)
		add(verdict.Answered(s.begin, false))
		add(verdict.Answered(s.begin, true))
	}
	for i := 0; i < len(all); i++ {
		for _, next := range acts(all[i]) {
			add(next)
		}
		ends(t, all[i].Insist(), verdict.Explicit, r, nil,
			func(c verdict.Case, _ []verdict.Step, _ verdict.Problem, _ bool) { add(c) })
		ends(t, all[i].Insist(), verdict.Within, r, nil,
			func(c verdict.Case, _ []verdict.Step, _ verdict.Problem, _ bool) { add(c) })
		if !all[i].Sent {
			add(verdict.Answered(all[i], true))
		}
	}
	return all
}

// In every case that can occur, at every moment, under all rules and whatever the database says, a
// request comes to an end, and what the end does keeps to what was promised.
func TestEveryEnd(t *testing.T) {
	cases := 0
	for _, r := range everyRule() {
		for _, c := range reachable(t, r) {
			cases++
			for _, m := range []verdict.Moment{verdict.Explicit, verdict.Within, verdict.Answer,
				verdict.Refusal,
				verdict.Late, verdict.Broken, verdict.Panicked} {
				if m != verdict.Late && m != verdict.Broken && m != verdict.Explicit &&
					m != verdict.Within && c.Sent {
					continue
				}
				for _, public := range []bool{false, true} {
					begun := c
					switch m {
					case verdict.Answer:
						begun = verdict.Due(c, public, r)
					case verdict.Explicit, verdict.Within:
						begun = c.Insist()
					}
					ends(t, begun, m, r, nil, func(
						done verdict.Case, steps []verdict.Step, p verdict.Problem, failed bool,
					) {
						promises(t, ending{c, done, m, r, public, steps, p, failed})
					})
				}
			}
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d cases", cases)
}

// An ending is one way in which a case ends.
type ending struct {
	begun, done verdict.Case
	moment      verdict.Moment
	rules       verdict.Rules
	public      bool
	steps       []verdict.Step
	problem     verdict.Problem
	failed      bool
}

func (e ending) has(steps ...verdict.Step) bool {
	for _, did := range e.steps {
		for _, step := range steps {
			if did == step {
				return true
			}
		}
	}
	return false
}

// promises checks what holds whatever happens.
func promises(t testing.TB, e ending) {
	wrote := e.has(verdict.Insert, verdict.Update, verdict.Rekey, verdict.Touch)
	saved := e.moment == verdict.Answer && e.problem == verdict.NoProblem && !e.failed
	edits := verdict.Announce(e.done, saved, e.public, e.rules)
	set, deleted := edits.Cookie == verdict.SetCookie, edits.Cookie == verdict.DeleteCookie
	for _, promise := range [...]struct {
		rule   string
		broken bool
	}{
		{"an error page saves nothing",
			wrote &&
				(e.moment == verdict.Refusal || e.moment == verdict.Broken || e.moment == verdict.Panicked)},
		{"what was discarded is not saved",
			wrote && e.begun.Discarded},
		{"nothing is saved after a fault",
			wrote && e.begun.Trouble == verdict.Fault},
		{"no key is made that the client cannot be told of",
			e.begun.Sent &&
				e.has(verdict.Insert, verdict.Rekey)},
		{"nothing is saved under the key that a login was to replace",
			e.begun.Sent &&
				e.begun.Key == verdict.New && wrote},
		{"a cookie leaves only with a statement that has found the row",
			set &&
				e.done.Debt != verdict.Owed &&
				!e.has(verdict.Insert, verdict.Update, verdict.Rekey, verdict.Touch, verdict.Confirm,
					verdict.Redeem)},
		{"a cookie leaves only for a session that has a key",
			set && !e.done.HasKey()},
		{"a response that failed tells of a Save's new key alone",
			set && !saved &&
				e.done.Debt != verdict.Owed},
		{"a live session's cookie is never deleted",
			deleted && e.done.HasKey()},
		{"a cookie that nobody brought stays",
			deleted && e.done.Cookie == verdict.NoCookie},
		{"what cannot be decoded keeps its cookie",
			deleted && e.done.Row == verdict.Unreadable},
		{"a logout is told only once it is done",
			deleted && e.done.End == verdict.EndDue},
		{"a cookie is kept out of shared caches",
			(set || deleted) && edits.Cache != verdict.Private},
		{"a cookie makes the response vary",
			(set || deleted) && !edits.Vary},
		{"what depends on the session varies",
			e.done.Look != verdict.Unseen && !edits.Vary},
		{"a public response is not merely renewed",
			e.public && saved && e.has(verdict.Touch) && !e.has(verdict.Redeem)},
		{"what was flushed is deleted, come what may",
			!e.failed && e.done.End == verdict.EndDue && e.moment != verdict.Within},
		{"what SaveIn has saved is not saved again",
			e.begun.Pledge != verdict.NoPledge && e.begun.Data == verdict.Stored &&
				e.begun.Key == verdict.Keep && e.moment == verdict.Answer && !e.begun.Touched &&
				!e.rules.RenewEach && !e.rules.RenewRead && !e.begun.Insists &&
				e.has(verdict.Insert, verdict.Update, verdict.Rekey)},
		{"a new key that SaveIn has made is looked for before the client is told",
			e.begun.Pledge == verdict.KeyPledged && set && !e.has(verdict.Redeem) &&
				e.begun.Debt != verdict.Owed},
		{"what SaveIn has saved in a transaction that may be open waits for its end",
			e.begun.Pledge == verdict.RowPledged && wrote && e.moment != verdict.Within &&
				!e.has(verdict.Redeem, verdict.Confirm)},
		{"a new key is not saved as an update",
			e.begun.Key == verdict.New &&
				e.has(verdict.Update, verdict.Touch) && !e.has(verdict.Rekey, verdict.Insert)},
		{"what is saved is no more due",
			saved && e.done.Data == verdict.Changed &&
				!e.done.Discarded && !e.done.Sent},
	} {
		if promise.broken {
			t.Errorf("%s: %+v at %v, public %t, %+v: %v, %v, failed %t; %+v",
				promise.rule, e.begun, e.moment, e.public, e.rules, e.steps, e.problem, e.failed, edits)
		}
	}
}
