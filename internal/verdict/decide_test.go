package verdict_test

import (
	"testing"

	"github.com/seed7368b609/gormsession/internal/verdict"
)

// live is a session that was looked up and is there.
var live = verdict.Case{
	Cookie: verdict.WellFormed, Row: verdict.Live, Look: verdict.Read, Filled: true,
}

// none is one that was looked up and is not.
var none = verdict.Case{Cookie: verdict.WellFormed, Row: verdict.Empty, Look: verdict.Read}

// with is a case of which something is otherwise.
func with(c verdict.Case, change func(*verdict.Case)) verdict.Case {
	change(&c)
	return c
}

var exact = verdict.Rules{Exact: true}

// What is done next, by the rule that says so.
func TestDecide(t *testing.T) {
	for _, rule := range []struct {
		says    string
		c       verdict.Case
		m       verdict.Moment
		r       verdict.Rules
		step    verdict.Step
		problem verdict.Problem
	}{
		{"a deletion that has failed is tried again by Save", fail(live.Flush(true)),
			verdict.Explicit, verdict.Rules{}, verdict.Bury, 0},
		{"and in a panic", fail(live.Flush(true)), verdict.Panicked, verdict.Rules{}, verdict.Bury, 0},
		{"and not where the response says so", fail(live.Flush(true)),
			verdict.Broken, verdict.Rules{}, verdict.Leave, 0},
		{"nor late", fail(live.Flush(true)), verdict.Late, verdict.Rules{}, verdict.Leave, 0},
		{"an error page may depend on what could not be loaded",
			brought(verdict.WellFormed).Fail(verdict.Fault),
			verdict.Refusal, verdict.Rules{}, verdict.Leave, verdict.Sticky},
		{"an error page of the application's own says what it has done",
			live.Fail(verdict.Misuse), verdict.Refusal, verdict.Rules{}, verdict.Leave, 0},
		{"what cannot be encoded is an error", live.Change().Fail(verdict.Misuse),
			verdict.Answer, verdict.Rules{}, verdict.Leave, verdict.Sticky},
		{"unless it is discarded", live.Fail(verdict.Misuse).Discard(),
			verdict.Answer, verdict.Rules{}, verdict.Leave, 0},
		{"which no fault is", live.Fail(verdict.Fault).Discard(),
			verdict.Answer, verdict.Rules{}, verdict.Leave, verdict.Sticky},
		{"a Save after Discard is an error", live.Discard().Insist(),
			verdict.Explicit, verdict.Rules{}, verdict.Leave, verdict.WasDiscarded},
		{"also of what nobody has looked up", brought(verdict.WellFormed).Discard().Insist(),
			verdict.Explicit, verdict.Rules{}, verdict.Leave, verdict.WasDiscarded},
		{"before a Hijack a new session waits for the end", verdict.Answered(none, false).NewKey(),
			verdict.Answer, verdict.Rules{}, verdict.Leave, 0},
		{"which reports it", verdict.Answered(none, false).NewKey(),
			verdict.Late, verdict.Rules{}, verdict.Leave, verdict.HeaderSent},
		{"a live one is saved", verdict.Answered(live, false).Change(),
			verdict.Answer, verdict.Rules{}, verdict.Compare, 0},
		{"but not where it is to get a new key", verdict.Answered(live, false).NewKey(),
			verdict.Answer, verdict.Rules{}, verdict.Leave, 0},
		{"a session whose end Save has moved is looked at once more", moved(live),
			verdict.Answer, verdict.Rules{}, verdict.Confirm, 0},
		{"so is one that is merely renewed", renewedBySave(),
			verdict.Answer, verdict.Rules{}, verdict.Confirm, 0},
		{"unless the header has left", verdict.Answered(moved(live), false),
			verdict.Answer, verdict.Rules{}, verdict.Leave, 0},
		{"or it was discarded", moved(live).Discard(),
			verdict.Answer, verdict.Rules{}, verdict.Leave, 0},
		{"or flushed", moved(live).Flush(false), verdict.Answer, verdict.Rules{}, verdict.Leave, 0},
		{"a session to which the client was led is looked at once more", live.Lead(),
			verdict.Answer, verdict.Rules{}, verdict.Confirm, 0},
		{"for a public page too", verdict.Due(live.Lead(), true, verdict.Rules{}),
			verdict.Answer, verdict.Rules{}, verdict.Confirm, 0},
		{"and for an error page", live.Lead(), verdict.Refusal, verdict.Rules{}, verdict.Confirm, 0},
		{"a new key of which nobody was told is reported", owed(live, true),
			verdict.Late, verdict.Rules{}, verdict.Leave, verdict.HeaderSent},
		{"an expiry is reckoned before it is renewed", live.Renew(),
			verdict.Late, verdict.Rules{}, verdict.Reckon, 0},
		{"and left within a step", reckoned(verdict.Same),
			verdict.Late, verdict.Rules{}, verdict.Skip, 0},
		{"but sent without one", reckoned(verdict.Same), verdict.Late, exact, verdict.Touch, 0},
		{"and never brings back what has ended", reckoned(verdict.Expired),
			verdict.Late, exact, verdict.Skip, 0},
		{"it is renewed in another step", reckoned(verdict.Differs),
			verdict.Late, verdict.Rules{}, verdict.Touch, 0},
		{"a change is compared before it is sent", live.Change(),
			verdict.Late, verdict.Rules{}, verdict.Compare, 0},
		{"and sent unseen without a step", live.Change(), verdict.Late, exact, verdict.Update, 0},
		{"what would change nothing is not sent", compared(verdict.Same, verdict.Same),
			verdict.Late, verdict.Rules{}, verdict.Note, 0},
		{"another expiry is", compared(verdict.Same, verdict.Differs),
			verdict.Late, verdict.Rules{}, verdict.Update, 0},
		{"and another text", compared(verdict.Differs, verdict.Same),
			verdict.Late, verdict.Rules{}, verdict.Update, 0},
		{"Save sends what changes nothing", compared(verdict.Same, verdict.Same).Insist(),
			verdict.Explicit, verdict.Rules{}, verdict.Update, 0},
		{"Save makes a row for nothing", none.Insist(),
			verdict.Explicit, verdict.Rules{}, verdict.Insert, 0},
		{"but not after Flush", live.Flush(false).Insist(),
			verdict.Explicit, verdict.Rules{}, verdict.Skip, 0},
		{"a logout waits for the end of no transaction", live.Flush(true).Insist(),
			verdict.Within, verdict.Rules{}, verdict.Skip, 0},
		{"what SaveIn has saved is not saved again", pledged(live.Change(), verdict.Update),
			verdict.Answer, verdict.Rules{}, verdict.Leave, 0},
		{"nor where each save is sent",
			verdict.Due(pledged(live.Change(), verdict.Update), false, exact),
			verdict.Answer, exact, verdict.Leave, 0},
		{"a change after it asks how its transaction has ended",
			pledged(live.Change(), verdict.Update).Change(),
			verdict.Answer, verdict.Rules{}, verdict.Redeem, 0},
		{"so does a new key that it has made", pledged(live.NewKey(), verdict.Rekey),
			verdict.Answer, verdict.Rules{}, verdict.Redeem, 0},
		{"also for an error page", pledged(none.Change(), verdict.Insert),
			verdict.Refusal, verdict.Rules{}, verdict.Redeem, 0},
		{"and in a panic", pledged(none.Change(), verdict.Insert),
			verdict.Panicked, verdict.Rules{}, verdict.Redeem, 0},
		{"another SaveIn does not", pledged(none.Change(), verdict.Insert).Change(),
			verdict.Within, verdict.Rules{}, verdict.Compare, 0},
	} {
		if step, problem := verdict.Decide(rule.c, rule.m, rule.r); step != rule.step ||
			problem != rule.problem {
			t.Errorf("%s: step %v, problem %v", rule.says, step, problem)
		}
	}
}

// pledged is a case that SaveIn has saved by that step.
func pledged(c verdict.Case, step verdict.Step) verdict.Case {
	return verdict.Settle(c.Insist(), verdict.Within, step, verdict.Done)
}

func fail(c verdict.Case) verdict.Case { return verdict.Failed(c, false) }

func moved(c verdict.Case) verdict.Case {
	c = c.Change().Insist()
	return verdict.Settle(c, verdict.Explicit, verdict.Update, verdict.DoneExpiryMoved)
}

// renewedBySave is a session whose renewal Save has done, so that the answer has none to do.
func renewedBySave() verdict.Case {
	c := verdict.Settle(live.Renew().Insist(), verdict.Explicit, verdict.Update,
		verdict.DoneExpiryMoved)
	c = verdict.Due(c, false, verdict.Rules{})
	return verdict.Settle(c, verdict.Answer, verdict.Skip, verdict.Done)
}

func owed(c verdict.Case, silent bool) verdict.Case {
	c = verdict.Settle(c.NewKey(), verdict.Explicit, verdict.Rekey, verdict.Done)
	return verdict.Answered(c, silent)
}

func reckoned(d verdict.Difference) verdict.Case {
	return with(live.Renew(), func(c *verdict.Case) { c.Expiry = d })
}

func compared(text, expiry verdict.Difference) verdict.Case {
	return with(live.Change(), func(c *verdict.Case) { c.Text, c.Expiry = text, expiry })
}

// What an answer brings with it.
func TestDue(t *testing.T) {
	saved := verdict.Settle(live.Change(), verdict.Explicit, verdict.Update, verdict.Done)
	for _, rule := range []struct {
		says    string
		c       verdict.Case
		public  bool
		r       verdict.Rules
		data    verdict.Data
		renewal verdict.Renewal
		look    verdict.Look
	}{
		{"without a step what Save has saved is saved again", saved, false, exact,
			verdict.Changed, verdict.NotRenewed, verdict.Read},
		{"with one it is not", saved, false, verdict.Rules{},
			verdict.Stored, verdict.NotRenewed, verdict.Read},
		{"each request renews", brought(verdict.WellFormed), false,
			verdict.Rules{RenewEach: true}, verdict.Unchanged, verdict.RenewalDue, verdict.Glanced},
		{"but not what is no session", none, false,
			verdict.Rules{RenewEach: true}, verdict.Unchanged, verdict.NotRenewed, verdict.Read},
		{"a read renews", live, false,
			verdict.Rules{RenewRead: true}, verdict.Unchanged, verdict.RenewalDue, verdict.Read},
		{"a glance does not", brought(verdict.WellFormed).LookedAt(verdict.Glanced), false,
			verdict.Rules{RenewRead: true}, verdict.Unchanged, verdict.NotRenewed, verdict.Glanced},
		{"nor a read of a public page", live, true,
			verdict.Rules{RenewRead: true}, verdict.Unchanged, verdict.NotRenewed, verdict.Read},
		{"which takes back a touch", live.Renew(), true, verdict.Rules{},
			verdict.Unchanged, verdict.NotRenewed, verdict.Read},
		{"unless there is something to save", live.Renew().Change(), true, verdict.Rules{},
			verdict.Changed, verdict.RenewalDue, verdict.Read},
		{"what is discarded is not renewed", brought(verdict.WellFormed).Discard(), false,
			verdict.Rules{RenewEach: true}, verdict.Unchanged, verdict.NotRenewed, verdict.Unseen},
	} {
		c := verdict.Due(rule.c, rule.public, rule.r)
		if c.Data != rule.data || c.Renewal != rule.renewal || c.Look != rule.look {
			t.Errorf("%s: %+v", rule.says, c)
		}
	}
}

// What has become of a case, and what the client is told.
func TestSettle(t *testing.T) {
	insert := verdict.Settle(none.NewKey(), verdict.Answer, verdict.Insert, verdict.Done)
	update := verdict.Settle(live.Change(), verdict.Answer, verdict.Update, verdict.Done)
	followed := verdict.Settle(compared(verdict.Differs, verdict.Same), verdict.Answer,
		verdict.Update, verdict.Elsewhere)
	confirmed := verdict.Settle(moved(live), verdict.Answer, verdict.Confirm, verdict.Done)
	gone := verdict.Settle(moved(live), verdict.Answer, verdict.Confirm, verdict.Missed)
	unmodified := verdict.Settle(live.Insist(), verdict.Answer, verdict.Update, verdict.Done)
	for rule, holds := range map[string]bool{
		"a new row is the session's":          insert.Row == verdict.Live && insert.Key == verdict.Keep,
		"the answer that made it tells of it": insert.Debt == verdict.Seen,
		"a new row counts as a change": verdict.Settle(none.Insist(), verdict.Explicit,
			verdict.Insert, verdict.Done).Modified(),
		"Save owes a new key":                       owed(live, false).Debt == verdict.Owed,
		"and cannot tell it where no cookie leaves": owed(live, true).Debt == verdict.Untold,
		"what Save owes is told by an error page": verdict.Announce(owed(live, false), false, false,
			verdict.Rules{}).Cookie == verdict.SetCookie,
		"unless the row went away": verdict.Failed(owed(live, false), true).Debt == verdict.Quits,
		"a save that moves nothing owes nothing": verdict.Settle(live.Change(), verdict.Explicit,
			verdict.Update, verdict.Done).Debt == verdict.Quits,
		"what was owed stays owed": verdict.Settle(owed(live, false).Change(), verdict.Explicit,
			verdict.Update, verdict.DoneExpiryMoved).Debt == verdict.Owed,
		"a row elsewhere is compared anew": followed.Text == verdict.Unknown &&
			followed.Expiry == verdict.Unknown && followed.Data == verdict.Changed,
		"a look that finds the row lets the cookie leave": confirmed.Debt == verdict.Seen,
		"one that does not keeps it":                      gone.Debt == verdict.Quits,
		"a deletion that failed is not said to be done": fail(
			live.Flush(true)).End == verdict.EndFailed,
		"a logout makes the response private": verdict.Announce(verdict.Case{}.Flush(false), true, true,
			verdict.Rules{}).Cache == verdict.Private,
		"no cookie for a session without a key": verdict.Announce(with(none.Change(),
			func(c *verdict.Case) { c.Debt = verdict.Seen }), true, false,
			verdict.Rules{}).Cookie != verdict.SetCookie,
		"no cookie for what is neither changed nor renewed": verdict.Announce(unmodified, true, false,
			verdict.Rules{}).Cookie == verdict.LeaveCookie,
		"a cookie for what is": verdict.Announce(update, true, false,
			verdict.Rules{}).Cookie == verdict.SetCookie,
		"the one of several that counts is the request's": brought(verdict.Several).Alone().Cookie ==
			verdict.WellFormed,
		"the first trouble sticks": live.Fail(verdict.Misuse).Fail(verdict.Fault).Trouble ==
			verdict.Misuse,
	} {
		if !holds {
			t.Error(rule)
		}
	}
}
