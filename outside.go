package gormsession

import (
	"context"
	"fmt"
)

// Open opens a session outside of a request, as a worker or a websocket does that has its key. A key that is unknown, expired or malformed
// gives an empty session, which gets a key of its own when it is saved (Django's SessionStore(key)). What is changed is kept by
// [State.Save] alone. A fault of the database is an error that wraps [ErrUnavailable].
func (p *Plugin) Open(ctx context.Context, key string) (*State, error) {
	s := &State{p: p, home: p.store, ctx: ctx}
	if p.opts.wellFormed(key) {
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
	ctx, cancel := context.WithTimeout(ctx, p.opts.timeout)
	defer cancel()
	return p.exists(ctx, key)
}

// Delete deletes the row of that key, which ends the session. It is no error if there is none.
func (p *Plugin) Delete(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(ctx, p.opts.timeout)
	defer cancel()
	return p.delete(ctx, key)
}

// Entries decodes the data of a row (Django's get_decoded). It asks the database nothing.
func (p *Plugin) Entries(row Session) (map[string]any, error) {
	raw, err := p.decode(row)
	if err != nil {
		return nil, fmt.Errorf("gormsession: the data of %v cannot be decoded: %w", row, err)
	}
	return decodeAll(raw)
}

// ClearExpired deletes all rows that have expired (Django's clearsessions), in batches of 1,000, and returns how many. Each batch has the
// time of [WithTimeout]. An error ends it; what was deleted stays deleted and is counted.
func (p *Plugin) ClearExpired(ctx context.Context) (int64, error) {
	return p.clearExpired(ctx)
}
