package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
)

// Update saves a rewrite that was composed. It is a compare-and-set on the text: no other request's
// change is overwritten, and none of ours is lost, because on a miss the request's changes are done
// again on the locked row. It returns what the row holds then. A row that is gone is
// ErrInterrupted, and stays gone.
func (t *Table) Update(ctx context.Context, w *Rewrite) (done Record, err error) {
	t.lanes.inLane(ctx, w.old, func(last *Record) (left *Record) {
		w.now()
		if err = w.follow(ctx, last); err != nil {
			err = undone{err}
			return nil
		}
		u := &updating{Table: t, Rewrite: w}
		err = t.untilKnown(ctx, u.save, u.afterLostAnswer)
		if done = u.done; err != nil || t.hooked() { // a hook may have stored something else
			return nil
		}
		return &done
	})
	return done, t.fault(err, w.old)
}

// follow has the rewrite begin with what the save before it in its lane has left, if there was one:
// that is newer than what this request had loaded. Where what the request did cannot be done to
// that, the row itself is to decide, which may hold something else by now.
func (w *Rewrite) follow(ctx context.Context, last *Record) error {
	if last == nil || last.Data == w.from.Data || last.EndedHere || w.Ended(*last) {
		return nil
	}
	from := *last
	to, err := w.recompose(ctx, &from, w.old)
	switch {
	case errors.Is(err, ErrReentrant):
		return err
	case err == nil:
		w.from, w.to = from, to
	}
	return nil
}

// updating is one update on its way through its tries.
type updating struct {
	*Table
	*Rewrite
	sent []Record // by the tries so far, if it must not be done twice
	base Record   // what done was written on
	done Record   // what the row holds at the end
}

func (u *updating) save(ctx context.Context) error {
	// What must not be done twice never goes bare: an answer that is lost before COMMIT is then no
	// news of the row.
	missed := false
	if u.bare && !u.Relative {
		hit := false
		err := u.single(ctx, func(on line) (err error) {
			hit, err = u.compareAndSet(on)
			return err
		})
		if err != nil || hit {
			return err
		}
		missed = true
	}
	return u.transact(ctx, func(on line) error {
		if !missed || u.dialect.lock == "" {
			// A transaction of SQLite must begin with a write, or it cannot become a writer.
			hit, err := u.compareAndSet(on)
			if err != nil || hit {
				return err
			}
		}
		current, found, err := u.Rewrite.lock(on)
		switch {
		case err != nil:
			return err
		case !found:
			return ErrInterrupted
		case u.isOurs(current): // something below us has sent the statement twice
			return nil
		}
		return u.onto(on, current)
	})
}

// afterLostAnswer follows an uncertain end: the row tells whether it was ours. An UPDATE without a
// transaction may yet arrive, and hits where somebody has put back what was loaded: on a text with
// a mark nobody does.
func (u *updating) afterLostAnswer(ctx context.Context) (err error) {
	if slices.ContainsFunc(u.sent, u.unmarked) {
		return ErrOutcomeUnknown // the row cannot tell
	}
	if u.bare && u.nonce == "" {
		u.nonce = newNonce()
		if u.to.Data, err = u.into.encode(u.old, u.to.Entries, u.nonce); err != nil {
			return err
		}
	}
	return u.transact(ctx, func(on line) error {
		hit, err := u.compareAndSet(on)
		if err != nil || hit && !u.Relative {
			return err
		}
		current, found, err := u.lockAny(on, u.old)
		switch {
		case err != nil:
			return err
		case !found:
			return errTrackLost
		case !u.Relative:
			return u.again(on, current)
		case u.isOurs(current):
			return nil
		}
		// Somebody has saved since, on ours or not, or the column does not keep the mark, so that
		// what was loaded may be there once more.
		return ErrOutcomeUnknown
	})
}

// again does once more what may be done twice. Where somebody else has saved one of the same
// entries since, that would be replaced by what may be older.
func (u *updating) again(on line, current Record) error {
	entries, err := u.home.decode(u.old, current.Data)
	switch {
	case err != nil:
		return unread(err) // never overwritten
	case Overtaken(u.base.Entries, u.done.Entries, entries):
		return ErrOutcomeUnknown
	}
	return u.onto(on, current)
}

// Overtaken tells whether of the entries that a save was to change, one is neither as it was nor as
// it was to be.
func Overtaken(from, to, now map[string]json.RawMessage) bool {
	for _, entries := range []map[string]json.RawMessage{from, to} {
		for name := range entries {
			was, ours, is := from[name], to[name], now[name]
			if !sameText(was, ours) && !sameValue(is, was) && !sameValue(is, ours) {
				return true
			}
		}
	}
	return false
}

// sameValue is sameText of what a jsonb column may have written in its own way.
func sameValue(a, b json.RawMessage) bool {
	if sameText(a, b) || len(a) == 0 || len(b) == 0 {
		return sameText(a, b)
	}
	one, err := valueOf(a)
	other, otherErr := valueOf(b)
	return err == nil && otherErr == nil && reflect.DeepEqual(one, other)
}

// valueOf reads numbers as they are written: two that are no float64 are not the same one.
func valueOf(text json.RawMessage) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

// isOurs tells whether a row holds what this save has sent, and nobody else can have.
func (u *updating) isOurs(current Record) bool {
	for _, sent := range u.sent {
		if sent.Data == current.Data && !u.unmarked(sent) {
			u.done = sent
			return true
		}
	}
	return false
}

func (u *updating) unmarked(sent Record) bool { return !u.marks(sent, u.old) }

func (u *updating) compareAndSet(on line) (hit bool, err error) {
	n, err := u.write(on, u.from, u.to)
	return n > 0, err
}

// onto does the request's changes again on what the locked row holds.
func (u *updating) onto(on line, current Record) error {
	next, err := u.Rewrite.recompose(on.ctx, &current, u.old)
	if err != nil {
		return err
	}
	if u.Ended(current) {
		if next.Data != current.Data || !next.EndedHere {
			return errTrackLost
		}
		next.Expire = current.Expire // the save was to end it, and was done
	}
	if next.Data == current.Data && next.Expire.Equal(current.Expire) {
		u.done = next
		return nil
	}
	n, err := u.write(on, current, next)
	if err == nil && n == 0 {
		return errSlipped
	}
	return err
}

// write writes a record where the row still holds another one.
func (u *updating) write(on line, from, to Record) (int64, error) {
	if u.Relative {
		u.sent = append(u.sent, to)
	}
	g := u.guard(from)
	n, err := u.set(on, &g, u.old, to)
	if n > 0 || err != nil { // it has written, or may have
		u.base, u.done = from, to
	}
	return n, err
}
