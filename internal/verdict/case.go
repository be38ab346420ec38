// Package verdict says how a request ends for its session: which statements are asked of the
// database, in which order, and what the response tells the client. It is a function of values and
// knows no database, clock, header or key. docs/semantics.md shows it as a table, which is made by
// it.
//
// A request is a fold. [Decide] names the next step for a [Case], somebody carries that out, and
// [Settle] says what the case is then, until nothing is left to do. [Announce] makes the edits of
// the response's header out of what has become of it.
package verdict

// Cookie is what the request has brought under the cookie's name.
type Cookie uint8

const (
	NoCookie   Cookie = iota
	Malformed         // no key
	WellFormed        // a key
	Several           // several different keys, of which none counts, or none yet
)

// Row is what is known of the session's row.
type Row uint8

const (
	None       Row = iota // no key was brought, and nobody has looked at the session
	Unasked               // a key was brought, and nobody has looked
	Live                  // the row is there, as far as this request knows
	Unreadable            // there is one that cannot be decoded: it stays, and is not the session's
	Empty                 // there is none
)

// Look is what the handler has looked at.
type Look uint8

const (
	Unseen  Look = iota
	Glanced      // whose session it is: the response depends on the cookie
	Read         // the data
)

// Data is what has become of the entries.
type Data uint8

const (
	Unchanged Data = iota
	Changed
	Stored // what was changed is saved
)

// Key is what is to become of the session's key.
type Key uint8

const (
	Keep Key = iota
	New      // another one for the row that is there; else a row, even for no entries
)

// Renewal is that of the row's expiry alone.
type Renewal uint8

const (
	NotRenewed Renewal = iota
	RenewalDue
	Renewed
)

// End is what has become of the rows that were flushed.
type End uint8

const (
	NotEnded End = iota
	EndDue
	Ended
	EndFailed // the database has failed, and the response says so
)

// Debt is what the client must be told of the session's key, for what a save has done.
type Debt uint8

const (
	Quits       Debt = iota
	ExpiryMoved      // the row's end was moved: the cookie leaves if the row is still alive
	KeyMoved         // it came with the key before this one: so it is then
	Led              // it was led to this one, for once: so it is then, whatever the response
	Seen             // this commit has found the row alive: the cookie may leave
	Owed             // there is a new key: the cookie leaves whatever the response
	Untold           // there is a new key, and no cookie can leave any more
)

// Pledge is what SaveIn has saved in a transaction of the application's, whose end is not known.
type Pledge uint8

const (
	NoPledge   Pledge = iota
	RowPledged        // changes of a row
	KeyPledged        // a new key, or a row that is new
	Redeemed          // its end is known
)

// Trouble is the sticky error.
type Trouble uint8

const (
	NoTrouble Trouble = iota
	Fault             // of the database
	Misuse            // by the application
)

// Difference is between what the row holds and what it is to hold.
type Difference uint8

const (
	Unknown Difference = iota // nobody has compared
	Same
	Differs
	Expired // of the expiry: the row has ended by itself
)

// A Case is all that the end of a request depends on.
type Case struct {
	Cookie  Cookie
	Row     Row
	Look    Look
	Data    Data
	Key     Key
	Renewal Renewal
	End     End
	Debt    Debt
	Pledge  Pledge
	Trouble Trouble

	Text     Difference // of the row's data
	Expiry   Difference // of its expire_date
	Followed bool       // the row was in another table than before

	Filled    bool // there are entries
	Touched   bool // the handler has asked for the renewal
	Insists   bool // Save wants the row written, whatever has changed, and has not had its way
	Discarded bool
	Sent      bool // the header has left, or none will: no cookie can be set
}

// Known tells whether the session was looked up.
func (c Case) Known() bool { return c.Row == Live || c.Row == Unreadable || c.Row == Empty }

// HasKey tells whether the session has a key: one that was brought counts until it is looked up.
func (c Case) HasKey() bool { return c.Row == Live || c.Row == Unasked }

// pledged tells whether a transaction of the application's is to say what the row holds.
func (c Case) pledged() bool { return c.Pledge == RowPledged || c.Pledge == KeyPledged }

// MayRotate tells whether the session may get a new key by itself: it was read, and nothing else is
// to become of its key, nor has.
func (c Case) MayRotate() bool {
	return c.Row == Live && c.Look == Read && c.Key == Keep && c.Trouble == NoTrouble &&
		!c.Discarded && !c.Flushed() && c.Pledge == NoPledge && c.Debt != Owed
}

// DependsOnPledge tells whether something is due that depends on how a transaction ends.
func (c Case) DependsOnPledge() bool {
	return c.Pledge == KeyPledged || c.Data == Changed || c.Insists
}

// Flushed tells whether the session was ended.
func (c Case) Flushed() bool { return c.End != NotEnded }

// Modified is Django's session.modified, without the renewals. Saving does not reset it.
func (c Case) Modified() bool { return c.Data != Unchanged || c.Flushed() }

// Begin begins what is due at a moment: nothing is compared yet.
func (c Case) Begin() Case {
	c.Text, c.Expiry, c.Followed = Unknown, Unknown, false
	return c
}

// LookedAt notes what the handler looks at.
func (c Case) LookedAt(l Look) Case {
	c.Look = max(c.Look, l)
	return c
}

// Change notes that the handler has changed the entries.
func (c Case) Change() Case {
	c.Data = Changed
	return c
}

// NewKey notes that the session is to get a new key.
func (c Case) NewKey() Case {
	c.Data, c.Key = Changed, New
	return c
}

// Succeed notes that the key that was brought has been replaced by another one.
func (c Case) Succeed() Case {
	c.Debt = KeyMoved
	return c
}

// Lead notes that the session is one to which the client was led by something else than a key.
func (c Case) Lead() Case {
	c.Debt = Led
	return c
}

// Stand notes whether there is a row, where a transaction of the application's says so.
func (c Case) Stand(there bool) Case {
	if c.Row = Empty; there {
		c.Row = Live
	}
	return c
}

// Unask notes that what is known of the row is to be asked once more.
func (c Case) Unask() Case {
	c.Row = Unasked
	return c
}

// Stay notes that the session is not to get a new key after all. data is what had become of the
// entries before it was to.
func (c Case) Stay(data Data) Case {
	c.Data, c.Key = data, Keep
	return c
}

// Renew notes that the handler wants the expiry renewed.
func (c Case) Renew() Case {
	c.Touched, c.Renewal = true, RenewalDue
	return c
}

// Insist notes a Save.
func (c Case) Insist() Case {
	c.Insists = true
	return c.LookedAt(Read)
}

// Flush notes that the session was ended. rows tells whether it has rows that are to be deleted.
func (c Case) Flush(rows bool) Case {
	end := c.End
	switch {
	case rows:
		end = EndDue
	case end == NotEnded:
		end = Ended
	}
	return Case{
		Cookie: c.Cookie, Trouble: c.Trouble, Discarded: c.Discarded, Sent: c.Sent,
		Row: Empty, Look: Read, End: end,
	}
}

// Discard notes that nothing of what was changed, or will be, is to be saved. A Flush stands.
// Misuse by the application is forgiven, as nothing comes of it.
func (c Case) Discard() Case {
	if c.Trouble == Misuse {
		c.Trouble = NoTrouble
	}
	c.Data, c.Key, c.Renewal, c.Touched, c.Discarded = Unchanged, Keep, NotRenewed, false, true
	return c
}

// Withdraw notes that what was changed since it was saved is not to be: SaveIn has failed, and
// nothing of the application's transaction is.
func (c Case) Withdraw() Case {
	if c.Data == Changed {
		c.Data = Unchanged
	}
	c.Key, c.Insists = Keep, false
	return c
}

// Alone notes which of several keys counts: the last one.
func (c Case) Alone() Case {
	c.Cookie = WellFormed
	return c
}

// Fail notes the sticky error.
func (c Case) Fail(t Trouble) Case {
	if c.Trouble == NoTrouble {
		c.Trouble = t
	}
	return c
}
