package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"time"
)

// A Change is what one request does to a session.
type Change struct {
	// Entries are what it has made of those that it had loaded.
	Entries map[string]json.RawMessage
	// Replay does it again, to what a row holds now, which it leaves as it is.
	Replay func(entries map[string]json.RawMessage) (map[string]json.RawMessage, error)
	// Admit refuses entries that are not to be saved on those that a row has.
	Admit func(entries, before map[string]json.RawMessage) error
	// Relative: what Replay gives depends on what is there, so that to do it twice is not the same
	// as to do it once. Then the text has a nonce.
	Relative bool
	// Expire is when a session of these entries ends that is saved now.
	Expire func(entries map[string]json.RawMessage, now time.Time) time.Time
	// AsOf is when the commit began. A row that has ended by then counts as gone, as it does for a
	// load, and is not brought back. It is zero where this request has ended the row itself.
	AsOf time.Time
	// Leave are the entries of a row that a cycle leaves under the old key, nil for none.
	Leave map[string]json.RawMessage
	// Drop is the session_key of another row that a cycle deletes, "" for none.
	Drop string
	// Limit may refuse an insert or a new key, which is a login then.
	Limit *Limit
}

// Ended tells whether a row had ended when the commit began.
func (c Change) Ended(r Record) bool { return !c.AsOf.IsZero() && r.HasEnded(c.AsOf) }

// A Rewrite is a change on its way into a row.
type Rewrite struct {
	Change
	home, into *Table // where the row was loaded, and where it goes
	old        rowKey // the key there
	from       Record // what was loaded
	to         Record // what the row is to hold instead
	nonce      nonce
}

// Rewrite prepares the change of a row that was loaded from this table.
func (t *Table) Rewrite(key string, from Record, c Change) *Rewrite {
	w := &Rewrite{Change: c, home: t, into: t, old: t.stored(key), from: from}
	if c.Relative {
		w.nonce = newNonce()
	}
	return w
}

// now has the save begin now: the session may have ended while it waited for its turn.
func (w *Rewrite) now() {
	if !w.AsOf.IsZero() {
		w.AsOf = w.home.Now()
	}
}

// Compose makes what the row is to hold. ctx is asked whether the session was used meanwhile, as by
// the codec.
func (w *Rewrite) Compose(ctx context.Context) (to Record, err error) {
	w.to, err = w.record(ctx, w.from, w.Entries, w.old)
	return w.to, err
}

// recompose is Compose on what a row holds now, whose entries it fills in.
func (w *Rewrite) recompose(ctx context.Context, current *Record, stored rowKey) (Record, error) {
	var err error
	if current.Entries, err = w.home.decode(w.old, current.Data); err != nil {
		return Record{}, unread(err) // never overwritten
	}
	entries, err := w.Replay(current.Entries)
	if err != nil {
		return Record{}, err
	}
	Replayed(ctx)
	return w.record(ctx, *current, entries, stored)
}

// record is what a row of that key is to hold for these entries. Entries that are as the row has
// them keep their text, which a codec need not write twice alike.
func (w *Rewrite) record(
	ctx context.Context, row Record, entries map[string]json.RawMessage, stored rowKey,
) (Record, error) {
	r := Record{Entries: entries, Data: row.Data}
	same := row.Data != "" && w.into == w.home && stored == w.old
	if !same || !maps.EqualFunc(entries, row.Entries, sameText) {
		n := w.nonce
		if n == "" && same && w.into.isMarked(stored, row) {
			n = newNonce()
		}
		if err := w.Admit(entries, row.Entries); err != nil {
			return Record{}, err
		}
		var err error
		if r.Data, err = w.into.encode(stored, entries, n); err != nil {
			return Record{}, err
		}
	}
	if err := meddledWith(ctx); err != nil { // the codec
		return Record{}, err
	}
	now := w.into.Now()
	r.EndAt(w.into.lasting(w.Expire(entries, now), now), now)
	return r, nil
}

func sameText(a, b json.RawMessage) bool { return bytes.Equal(a, b) }

// marks tells whether nobody else can write the text of that record: it bears the nonce. A codec
// that drops the nonce gives the same text with every other one.
func (w *Rewrite) marks(sent Record, stored rowKey) bool {
	one, err := w.into.encode(stored, sent.Entries, newNonce())
	other, otherErr := w.into.encode(stored, sent.Entries, newNonce())
	return err == nil && otherErr == nil && one != other
}

// A guard is what a row must still be for a save to go ahead.
type guard struct {
	data string
	asOf time.Time // see Change
}

func (w *Rewrite) guard(from Record) guard { return guard{data: from.Data, asOf: w.AsOf} }

// lock locks the row that is to be rewritten, if it still counts.
func (w *Rewrite) lock(on line) (Record, bool, error) {
	if w.AsOf.IsZero() {
		return w.home.lockAny(on, w.old)
	}
	return w.home.lock(on, w.old)
}
