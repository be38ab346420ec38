package verdict

// An Outcome is what has come of a step.
type Outcome uint8

const (
	Done            Outcome = iota
	DoneExpiryMoved         // Update: the row's end is another one
	Missed                  // Load, Touch, Confirm, Redeem: there is no such row
	Damaged                 // Load: the row cannot be decoded
	Elsewhere               // Update, Rekey, Touch: the row is elsewhere, and what it holds was loaded
	Equal                   // Reckon, Compare: the row is as it would be
	OtherEnd                // Reckon, Compare: its expiry would be another one
	HasEnded                // Reckon, Compare: it has ended by itself
	OtherText               // Compare: its text would be another one
	Stayed                  // Rekey: the session keeps its key after all
	Open                    // Confirm: the transaction of SaveIn has not ended
	Undone                  // Confirm, Redeem: it was rolled back, and the row is as before
	Unmade                  // Confirm, Redeem: it was rolled back, and there was no row before
)

// Settle says what the case is once a step was carried out.
func Settle(c Case, m Moment, step Step, o Outcome) Case {
	switch step {
	case Bury:
		c.End = Ended
	case Load:
		c.Row = found(o)
	case Reckon, Compare:
		c.Text, c.Expiry = compared(o)
	case Skip, Note:
		c = stored(c)
	case Touch:
		if o == Elsewhere {
			c.Expiry, c.Followed = Unknown, true
			return c
		}
		c = stored(c)
		if o == Done {
			c = seen(c)
		}
	case Confirm:
		c = redeemed(c, o)
		switch {
		case o != Done:
			c.Debt = Quits
		case c.Debt == KeyMoved, c.Debt == Led:
			c.Debt = Owed
		default:
			c.Debt = Seen
		}
	case Redeem:
		c = redeemed(c, o)
		if m == Answer && c.Debt == ExpiryMoved && c.Pledge == Redeemed && o == Done {
			c.Debt = Seen
		}
	case Insert, Rekey, Update:
		if o == Stayed {
			return c.Begin()
		}
		if o == Elsewhere {
			c.Text, c.Expiry, c.Followed = Unknown, Unknown, true
			return c
		}
		c = stored(c)
		if step == Insert { // Django's create counts as a change
			c.Data = Stored
		}
		c.Row, c.Key = Live, Keep
		switch {
		case m == Within && step != Update:
			c.Pledge = KeyPledged
		case m == Within && c.Pledge != KeyPledged:
			c.Pledge = RowPledged
			c.Debt = moved(c.Debt, o)
		case m == Within:
		case m != Explicit:
			c = seen(c)
		case step != Update:
			c.Debt = Owed
		default:
			c.Debt = moved(c.Debt, o)
		}
	}
	return c
}

// moved is the debt after an update.
func moved(d Debt, o Outcome) Debt {
	if o == DoneExpiryMoved && d == Quits {
		return ExpiryMoved // a login may come in between
	}
	return d
}

// redeemed is a case of which it is known what has become of what SaveIn has saved, if it has.
func redeemed(c Case, o Outcome) Case {
	if !c.pledged() {
		return c
	}
	switch o {
	case Open:
		if c.Renewal == RenewalDue { // as SaveIn has done it, for now
			c.Renewal = NotRenewed
		}
		return c
	case Done:
		if c.Pledge == KeyPledged {
			c.Debt = Owed
		}
		if c.Renewal == RenewalDue && c.Data != Changed {
			c.Renewal = Renewed
		}
	case Unmade:
		c.Row = Empty
		if c.Data == Stored {
			c.Data = Unchanged
		}
	}
	c.Pledge = Redeemed
	return c
}

// found is what a load has shown of the row.
func found(o Outcome) Row {
	switch o {
	case Missed:
		return Empty
	case Damaged:
		return Unreadable
	}
	return Live
}

// compared is what a comparison has shown.
func compared(o Outcome) (text, expiry Difference) {
	switch o {
	case Equal:
		return Same, Same
	case OtherEnd:
		return Same, Differs
	case HasEnded: // the text was not looked at: what renews it fails, unless another request has
		return Same, Expired
	}
	return Differs, Differs
}

// stored is a case of which nothing is left to be saved.
func stored(c Case) Case {
	c.Insists = false
	if c.Data == Changed {
		c.Data = Stored
	}
	if c.Renewal == RenewalDue {
		c.Renewal = Renewed
	}
	return c
}

// seen is a case whose row this commit has found alive.
func seen(c Case) Case {
	if c.Debt != Owed && c.Debt != Untold {
		c.Debt = Seen
	}
	return c
}

// Answered is a case whose header has left. silent tells that it has left without a cookie of ours
// though there may be one.
func Answered(c Case, silent bool) Case {
	c.Sent = true
	if silent && (c.Debt == Owed || c.Pledge == KeyPledged) {
		c.Debt = Untold
	}
	return c
}

// Failed is a case whose commit has failed. gone tells whether the row went away.
func Failed(c Case, gone bool) Case {
	if c.End == EndDue {
		c.End = EndFailed
	}
	if gone && c.Debt == Owed {
		c.Debt = Quits // what Save has made is gone
	}
	return c
}
