package engine

import (
	"context"
	"encoding/json"
	"errors"
)

// Remove deletes the row of a key, expired or not, and returns how many there were, unless next
// tells, by what the row holds, that another key has replaced it: then it returns that, and leaves
// the row. What is deleted is what was looked at, so that a session that gets another key meanwhile
// is not missed.
func (s *Store) Remove(
	ctx context.Context, key string,
	next func(key string, entries map[string]json.RawMessage) string,
) (replacedBy string, n int64, err error) {
	for again := true; again; {
		again = false
		for _, place := range s.places {
			if !place.knows(key) {
				continue
			}
			var deleted, gone bool
			replacedBy, deleted, gone, err = place.remove(ctx, place.stored(key),
				func(entries map[string]json.RawMessage) string { return next(key, entries) })
			if deleted {
				n++
			}
			if err != nil || replacedBy != "" {
				return replacedBy, n, err
			}
			again = again || !gone
		}
		if err := ctx.Err(); again && err != nil {
			return "", n, s.Own.fault(err, s.Own.stored(key))
		}
	}
	return "", n, nil
}

// remove is Remove in one table. deleted tells whether it has deleted the row, and gone whether
// there is none any more, or one that the database keeps.
func (t *Table) remove(
	ctx context.Context, stored rowKey, next func(entries map[string]json.RawMessage) string,
) (replacedBy string, deleted, gone bool, err error) {
	r, found, err := t.lookStored(ctx, stored)
	if err != nil || !found {
		return "", false, true, err
	}
	switch r.Entries, err = t.Decode(r); {
	case errors.Is(err, ErrUnavailable): // another server can read where it leads
		return "", false, false, err
	case err == nil:
		if replacedBy = next(r.Entries); replacedBy != "" {
			return replacedBy, false, false, nil
		}
	}
	second, lost := false, false // the try, and the answer to a COMMIT by which it was deleted
	do := func(ctx context.Context) error {
		deleted, gone = false, false // by an earlier try, which was undone
		return t.transact(ctx, func(on line) error {
			n, err := t.unsee(on, guard{data: r.Data}, stored)
			if err != nil || n > 0 {
				deleted = n > 0
				return err
			}
			// Others write to it all the time: who holds it sees what it deletes.
			now, there, err := t.lockAny(on, stored)
			switch {
			case err != nil:
				return err
			case !there:
				gone = true
				return t.assured(on, second)
			}
			if now.Entries, err = t.decode(stored, now.Data); err == nil &&
				next(now.Entries) != "" {
				return nil
			}
			n, err = t.unsee(on, guard{data: now.Data}, stored)
			deleted = n > 0
			return err
		})
	}
	again := func(ctx context.Context) error {
		second, lost = true, lost || deleted
		return do(ctx)
	}
	switch err := t.untilKnown(ctx, do, again); {
	case err != nil || deleted:
		return "", deleted, true, t.fault(err, stored)
	case gone:
		return "", lost, true, nil
	}
	now, found, err := t.lookStored(ctx, stored)
	return "", lost && !found, !found || now.Data == r.Data, err // a trigger may keep it
}

// deleteRow deletes a row, and before it those that have replaced it. It returns how many sessions
// have ended, which is one at most.
func (t *Table) deleteRow(
	ctx context.Context, stored rowKey, next func(entries map[string]json.RawMessage) string,
) (n int64, err error) {
	for former := []rowKey(nil); next != nil; {
		by, deleted, gone, err := t.remove(ctx, stored, next)
		switch {
		case err != nil:
			return 0, err
		case by != "":
			former, stored = append(former, stored), rowKey(by)
		case gone:
			if deleted {
				n = 1
			}
			for _, left := range former {
				if _, err := t.deleteStored(ctx, left); err != nil {
					return n, err
				}
			}
			return n, nil
		}
	}
	return t.deleteStored(ctx, stored)
}
