package gormsession

import (
	"context"
	"fmt"
)

// Open opens a session outside of a request, as a worker or a websocket does that has its key. A key that is unknown, expired or malformed
// gives an empty session, which gets a key of its own when it is saved (Django's SessionStore(key)). What is changed is kept by
// [State.Save] alone. A fault of the database is an error that wraps [ErrUnavailable].
func (p *Plugin) Open(ctx context.Context, key string) (*State, error) {
	s := &State{p: p, ctx: ctx}
	if p.opts.layout.WellFormed(key) {
		s.key, s.cookieKey = key, key
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.fetch() {
		return nil, s.err
	}
	return s, nil
}

// Exists reports whether there is a row for that key. As in Django, an expired one counts until it is cleared.
func (p *Plugin) Exists(ctx context.Context, key string) (bool, error) {
	if !p.known(key) {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, p.opts.timeout)
	defer cancel()
	return p.store.exists(ctx, key)
}

// Delete deletes the row of that key, which ends the session. It is no error if there is none.
func (p *Plugin) Delete(ctx context.Context, key string) error {
	if !p.known(key) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, p.opts.timeout)
	defer cancel()
	return p.store.delete(ctx, key)
}

// known tells whether a row can have that key.
func (p *Plugin) known(key string) bool {
	return p.opts.layout.WellFormed(key) && p.opts.layout.Storable(key)
}

// Entries decodes the data of a row (Django's get_decoded). It asks the database nothing.
func (p *Plugin) Entries(row Session) (map[string]any, error) {
	raw, err := p.opts.codec.Decode(row.SessionData)
	if err != nil {
		return nil, fmt.Errorf("gormsession: the data of %v cannot be decoded: %w", row, err)
	}
	return decodeAll(raw)
}

// ClearExpired deletes all rows that have expired (Django's clearsessions), in batches of 1,000, and returns how many. Each batch has the
// time of [WithTimeout]. An error ends it; what was deleted stays deleted and is counted.
func (p *Plugin) ClearExpired(ctx context.Context) (int64, error) {
	return p.store.clearExpired(ctx)
}
