package verdict

// A Moment is when it is decided.
type Moment uint8

const (
	Explicit Moment = iota // Save
	Within                 // SaveIn: in a transaction of the application's, which is open
	Answer                 // the header is to leave, with a status below 500
	Refusal                // it is to leave with one of 500 and up
	Late                   // the handler has returned, and the header has left
	Broken                 // so it has, and the response is an error
	Panicked               // the handler has panicked
)

// Rules are the options that it depends on.
type Rules struct {
	Exact            bool // each save is sent: the expiry step is 0
	RenewEach        bool // WithSaveEveryRequest
	RenewRead        bool // WithRolling
	DeletesMalformed bool // a malformed cookie goes whatever the request does
	DeletesUnknown   bool // so does an unknown one at a read
}

// A Step is what is done next.
type Step uint8

const (
	Leave   Step = iota // nothing is left to do
	Bury                // delete the rows that were flushed
	Load                // look the session up
	Reckon              // compare the row's expiry with what it would be
	Compare             // compare the row's text as well
	Skip                // there is nothing to store
	Note                // it is stored already
	Touch               // renew the row's expiry alone
	Insert
	Update
	Rekey   // to the new key
	Confirm // whether the row is still alive
	Redeem  // look what has become of what SaveIn has saved
)

// A Problem is why what was asked for is not done.
type Problem uint8

const (
	NoProblem    Problem = iota
	Sticky               // the sticky error
	HeaderSent           // the client cannot be told of the new key
	WasDiscarded         // Save after Discard
)

// Due says what an answer brings with it: Django saves what is modified, also right after a save,
// and options renew the expiry. In a response that shared caches may keep, which sets no cookie
// without need, a mere renewal is left out.
func Due(c Case, public bool, r Rules) Case {
	if r.Exact && c.Modified() && c.HasKey() && c.Pledge == NoPledge {
		c.Data = Changed
	}
	renews := c.Touched || c.HasKey() && (r.RenewEach || r.RenewRead && c.Look == Read)
	switch {
	case c.Discarded:
	case !public && renews:
		c.Renewal = RenewalDue
		c = c.LookedAt(Glanced)
	case public && !c.Modified():
		c.Renewal = NotRenewed
	}
	if public && !c.Modified() && c.Debt == KeyMoved {
		c.Debt = Quits
	}
	return c
}

// Decide says what is done next.
func Decide(c Case, m Moment, r Rules) (Step, Problem) {
	row := c.Row == Live
	switch {
	case c.End == EndDue && m != Within, c.End == EndFailed && (m == Explicit || m == Panicked):
		return Bury, NoProblem // come what may of a transaction
	case c.Pledge == KeyPledged && m != Within && !c.Sent:
		return Redeem, NoProblem // the client is told which key it has, come what may
	case c.Debt == Led && !c.Sent && c.Trouble != Fault && (m == Refusal || m == Panicked):
		return Confirm, NoProblem
	case m == Broken, m == Panicked, m == Refusal && c.Trouble != Fault:
		return Leave, NoProblem // an error page of the application's own says what it has done
	case m == Refusal:
		return Leave, Sticky // it too may depend on what could not be loaded
	case c.Trouble == Fault, c.Trouble == Misuse && !c.Discarded:
		return Leave, Sticky
	case c.Discarded && (m == Explicit || m == Within):
		return Leave, WasDiscarded
	case c.Discarded:
		return rest(c, m)
	case c.Data != Changed && c.Renewal != RenewalDue && !c.Insists:
		return rest(c, m)
	case c.pledged() && m != Within:
		return Redeem, NoProblem
	case !c.Known():
		return Load, NoProblem
	case !row && !c.Filled && c.Key == Keep && (!c.Insists || c.Flushed()):
		return Skip, NoProblem
	case c.Sent && (!row || c.Key == New) && m == Answer:
		return Leave, NoProblem // the end of the request meets it again
	case c.Sent && (!row || c.Key == New):
		return Leave, HeaderSent // to save under the old key would let in whoever has planted it
	case !row:
		return Insert, NoProblem
	case c.Key == New:
		return Rekey, NoProblem
	case c.Insists:
		return Update, NoProblem
	case !c.Modified():
		return renewal(c, r), NoProblem
	}
	return change(c, r), NoProblem
}

// rest is what is left where there is nothing to save.
func rest(c Case, m Moment) (Step, Problem) {
	switch {
	case m == Answer && c.Debt == ExpiryMoved && !c.Sent && !c.Discarded &&
		(c.Modified() || c.Renewal != NotRenewed):
		return Confirm, NoProblem
	case m == Answer && (c.Debt == KeyMoved || c.Debt == Led) && !c.Sent:
		return Confirm, NoProblem
	case m == Late && c.Debt == Untold:
		return Leave, HeaderSent
	}
	return Leave, NoProblem
}

// renewal is the step where the expiry alone is to be renewed.
func renewal(c Case, r Rules) Step {
	switch {
	case c.Expiry == Unknown:
		return Reckon
	case c.Expiry == Expired, c.Expiry == Same && !r.Exact:
		return Skip
	}
	return Touch
}

// change is the step where the entries may have changed. What would change neither the text nor
// the expiry is not sent.
func change(c Case, r Rules) Step {
	switch {
	case r.Exact:
		return Update
	case c.Text == Unknown:
		return Compare
	case c.Text == Same && c.Expiry == Same:
		return Note
	}
	return Update
}
