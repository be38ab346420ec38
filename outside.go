package gormsession

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/seed7368b609/gormsession/internal/sessionkey"
	"github.com/seed7368b609/gormsession/internal/verdict"
)

// Open opens a session outside of a request, as a worker or a websocket does that has its key. A
// key that is unknown, expired or malformed gives an empty session, which gets a key of its own
// when it is saved (Django's SessionStore(key)). What is changed is kept by [State.Save] alone. A
// fault of the database is an error that wraps [ErrUnavailable]; what a row holds, or a handle, is
// [ErrWrongKey].
func (p *Plugin) Open(ctx context.Context, key string) (*State, error) {
	if err := p.checkKey(key); err != nil {
		return nil, err
	}
	s := &State{p: p, home: p.store.Own, ctx: ctx}
	if p.opts.wellFormed(key) {
		s.key, s.came.Key = key, key
		s.c = verdict.Case{Cookie: verdict.WellFormed, Row: verdict.Unasked}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.fetch(primary) {
		return nil, s.err
	}
	return s, nil
}

// Exists reports whether there is a row for that key. As in Django, an expired one counts until it
// is cleared. What a row holds, or a handle, is [ErrWrongKey].
func (p *Plugin) Exists(ctx context.Context, key string) (bool, error) {
	if err := p.checkKey(key); err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, p.opts.timeout)
	defer cancel()
	n, err := p.operate(ctx, OpCheck, func(ctx context.Context) (int64, error) {
		found, err := p.store.Exists(ctx, key)
		if !found {
			return 0, err
		}
		return 1, err
	})
	return n > 0, err
}

// Delete deletes the row of that key, which ends the session. It is no error if there is none. It
// takes the key that the client has: to end the session of a row, which holds a hash, call
// [Plugin.DeleteRow]; what a row holds, or a handle, is [ErrWrongKey] here.
func (p *Plugin) Delete(ctx context.Context, key string) error {
	if err := p.checkKey(key); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, p.opts.timeout)
	defer cancel()
	n, err := p.operate(limited, OpEnd, func(ctx context.Context) (int64, error) {
		return p.end(ctx, key)
	})
	p.ended(ctx, Event{Handle: sessionkey.Handle(key), Why: "by key", Count: n})
	return err
}

// DeleteRow ends the session of a row that the application has read from the table, such as that of
// a device in a user's list: of a model of [WithModel], give it the Session that it embeds. Only
// the row's SessionKey matters. It is no error if the session has ended, or has got another key,
// since; and [ErrWrongKey] if the row has no key of the table's form, such as one that was read
// without the column.
func (p *Plugin) DeleteRow(ctx context.Context, row Session) error {
	limited, cancel := context.WithTimeout(ctx, p.opts.timeout)
	defer cancel()
	var next func(entries map[string]json.RawMessage) string
	if p.opts.rotateEvery > 0 {
		next = func(row map[string]json.RawMessage) string { return rotationOf(row).Row }
	}
	known := false
	n, err := p.operate(limited, OpEnd, func(ctx context.Context) (n int64, err error) {
		known, n, err = p.store.DeleteRow(ctx, row.SessionKey, next)
		return n, err
	})
	p.ended(ctx, Event{Handle: row.Handle(), Why: "by row", Count: n})
	if err == nil && !known {
		return fmt.Errorf("%w: the row has none of the table's form; "+
			"was it read with session_key, and from this table?", ErrWrongKey)
	}
	return err
}

// checkKey refuses what stands for a key where keys are hashed: to look for it finds nothing, and
// to delete it ends nothing, without a word.
func (p *Plugin) checkKey(key string) error {
	is := ""
	switch {
	case sessionkey.IsHash(key):
		is = "the hash that a row holds"
	case sessionkey.IsHandle(key):
		is = "the handle of a session"
	default:
		return nil
	}
	if !p.store.Mistakes(key) {
		return nil
	}
	return fmt.Errorf("%w: it is %s, of which no key can be made; "+
		"to end the session of a row call Plugin.DeleteRow", ErrWrongKey, is)
}

// Entries decodes the data of a row (Django's get_decoded). It asks the database nothing.
func (p *Plugin) Entries(row Session) (map[string]any, error) {
	raw, err := p.store.Decode(row.SessionKey, row.SessionData)
	if err != nil {
		return nil, fmt.Errorf("gormsession: the data of %v cannot be decoded: %w", row, err)
	}
	return decodeAll(raw)
}

// ClearExpired deletes all rows that are expired when it begins (Django's clearsessions), in
// batches of 1,000, and returns how many it has deleted. Several may run at once: each ends when
// there is nothing left. What a trigger or a policy of the database keeps stays, with a warning in
// the log. Each batch has the time of [WithTimeout]. An error ends it; what was deleted stays
// deleted and is counted.
func (p *Plugin) ClearExpired(ctx context.Context) (int64, error) {
	return p.operate(ctx, OpClear, func(ctx context.Context) (int64, error) {
		return p.store.ClearExpired(ctx, func(int64) {})
	})
}

// CountLive returns how many sessions there are that have not expired, those of visitors included.
// It is one SELECT COUNT(*), which reads the index on expire_date: see [WithTimeout] for its time,
// and docs/telemetry.md for what it costs. With [WithKeyRotation] a row that leads from a former
// key to the session counts as well, and with [WithReplicaReads] one of each process.
func (p *Plugin) CountLive(ctx context.Context) (int64, error) {
	return p.operate(ctx, OpCount, p.store.CountLive)
}
