package gormsession

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/seed7368b609/gormsession/internal/engine"
	"github.com/seed7368b609/gormsession/internal/sessionkey"
	"github.com/seed7368b609/gormsession/internal/verdict"
)

// WithKeyRotation gives a session that is used a new key each so often, a minute or more, so that a
// key that has leaked, as into a log, is worth little. The default, and 0, is to give a new key at
// a login alone, see [State.CycleKey].
//
// It happens with the response of a request that reads or writes the session, and costs a
// transaction; for sessions from before the option with the first such request. Requests that come
// with the key before are not harmed, nor is a client that has not got the response: that key leads
// to the session, and its client to the new key, until the new one has been replaced in turn, or
// the session was to end when it was replaced. So a key is of use for two of these times while the
// session is used. A login makes all keys worthless that were there before it.
//
// The table has a row for each session's former key, which holds no user and none of the session's
// entries, and from which nobody can tell a key; a column of [WithModel] that is unique must not
// mind it. Django would not follow it, so its table is refused.
//
// A request that lasts for longer than two of these times, as that of a websocket, may find its key
// gone: open the session anew there. A server without the option does not end the session at a
// logout by a key that was replaced. Where servers get the option, or lose it, one after the other,
// let all of them have it with a time that never comes first, such as 100 years.
func WithKeyRotation(every time.Duration) Option {
	return func(o *options) { o.rotateEvery = every }
}

// checkRotation refuses what cannot be rotated.
func (o *options) checkRotation() error {
	switch {
	case o.rotateEvery == 0:
		return nil
	case o.rotateEvery < time.Minute:
		return fmt.Errorf("WithKeyRotation(%v): a key lives a minute or more, such as time.Hour",
			o.rotateEvery)
	case !o.layout.HashedKeys:
		return errors.New("WithKeyRotation on Django's table: Django would not follow a key to the " +
			"next one, and log the user out; move to the own table first, see WithFormer")
	}
	return nil
}

// rotationEntry is the entry that says since when a session has its key, or which one has replaced
// it.
const rotationEntry = "_rotation"

// A rotation is that entry.
type rotation struct {
	Since int64  `json:"since,omitempty"` // in seconds of Unix time
	Left  string `json:"left,omitempty"`  // the session_key of the row of the key before
	Nonce string `json:"nonce,omitempty"` // of a row that was left: see sessionkey.Successor
	Row   string `json:"row,omitempty"`   // the session_key of the row that has replaced it
}

func rotationOf(entries map[string]json.RawMessage) rotation {
	raw := entries[rotationEntry]
	if raw == nil { // as a rule: nothing is allocated
		return rotation{}
	}
	var r rotation
	_ = json.Unmarshal(raw, &r) // what cannot be read has nothing to say
	return r
}

func (r rotation) text() json.RawMessage {
	raw, _ := encode(rotationEntry, r) // of texts and a number
	return raw
}

// successor is the key that has replaced one, "" if none has: row is what its row holds.
func successor(key string, row map[string]json.RawMessage) string {
	if nonce := rotationOf(row).Nonce; nonce != "" {
		return sessionkey.Successor(key, nonce)
	}
	return ""
}

// A turn is a rotation on its way.
type turn struct {
	nonce string
	data  verdict.Data // what had become of the entries before
}

// rotateIfDue has a session that this request has used get a new key, if it is time. One that is
// about to get one anyway, or has just got it, does not.
func (s *State) rotateIfDue(public bool) {
	every := s.p.opts.rotateEvery
	if every == 0 || public || s.c.Sent || !s.c.MayRotate() || s.came.Key != s.key ||
		s.now().Sub(time.Unix(rotationOf(s.entries).Since, 0)) < every ||
		s.now().UnixNano() < s.p.turns.Load() {
		return
	}
	s.turn = &turn{nonce: sessionkey.Random(), data: s.c.Data}
	s.nextKey = sessionkey.Successor(s.key, s.turn.nonce)
	s.c = s.c.NewKey()
}

// stay has a rotation not be done: another request has done it, or the database cannot. Then no
// session of this process is to be rotated for a minute, as each request would wait for that.
func (s *State) stay(err error) {
	if !errors.Is(err, ErrInterrupted) {
		s.p.turns.Store(s.now().Add(time.Minute).UnixNano())
		s.p.opts.log().Warn("gormsession: the session has got no new key, and keeps its own for now",
			"session", s.handle(), "error", engine.Detail(err))
	}
	s.c = s.c.Stay(s.turn.data)
	s.turn, s.nextKey = nil, ""
}

// rotated completes entries that are saved: since when the session has its key.
func (s *State) rotated(
	entries map[string]json.RawMessage, now time.Time,
) map[string]json.RawMessage {
	r := rotationOf(entries)
	switch {
	case s.p.opts.rotateEvery == 0, r.Since != 0 && s.nextKey == "":
		return entries
	case s.turn != nil:
		r.Left = s.p.store.Own.RowKey(s.key)
	default:
		r.Left = ""
	}
	r.Since = now.Unix()
	entries = maps.Clone(entries)
	if entries == nil {
		entries = map[string]json.RawMessage{}
	}
	entries[rotationEntry] = r.text()
	return entries
}

// leaveBehind has a cycle leave a row under the old key, if it is a rotation, and drop the one that
// the last rotation has left. A mere rotation renews no expiry, and leaves the session to whoever
// has saved it meanwhile.
func (s *State) leaveBehind(c *engine.Change) {
	c.Drop = rotationOf(s.row.Entries).Left
	if s.turn == nil {
		return
	}
	c.Leave = map[string]json.RawMessage{rotationEntry: rotation{
		Nonce: s.turn.nonce, Row: s.p.store.Own.RowKey(s.nextKey),
	}.text()}
	if s.turn.data != verdict.Changed && s.c.Renewal != verdict.RenewalDue {
		end := s.row.Expire
		c.Expire = func(map[string]json.RawMessage, time.Time) time.Time { return end }
		c.Replay = func(map[string]json.RawMessage) (map[string]json.RawMessage, error) {
			return nil, ErrInterrupted
		}
	}
}

// errReplaced is the error of a save that has met the row which was left under a former key.
var errReplaced = fmt.Errorf("%w: its key was replaced", ErrInterrupted)

// mayBeElsewhere tells whether to look for a row that is gone.
func (s *State) mayBeElsewhere(gone error) bool {
	return s.p.store.MayFollow() || s.rotates() || errors.Is(gone, errReplaced)
}

// rotates tells whether the session's key may be replaced by another request.
func (s *State) rotates() bool {
	return s.p.opts.rotateEvery > 0 || s.row.Entries[rotationEntry] != nil
}

// unlessReplaced is a replay that refuses a row which was left under a key.
func unlessReplaced(
	replay func(map[string]json.RawMessage) (map[string]json.RawMessage, error),
) func(map[string]json.RawMessage) (map[string]json.RawMessage, error) {
	return func(row map[string]json.RawMessage) (map[string]json.RawMessage, error) {
		if rotationOf(row).Nonce != "" {
			return nil, errReplaced
		}
		return replay(row)
	}
}

// end deletes the row of a key, and that of the key that has replaced it: the session first, so
// that another try finds it by each of the keys. It returns how many sessions have ended.
func (p *Plugin) end(ctx context.Context, key string) (n int64, err error) {
	if p.opts.rotateEvery == 0 {
		return p.store.Delete(ctx, key)
	}
	var former []string
	for {
		next, ended, err := p.store.Remove(ctx, key, successor)
		if err != nil {
			return 0, err
		}
		if next == "" {
			n = ended
			break
		}
		former, key = append(former, key), next
	}
	for _, key := range former {
		if _, err := p.store.Delete(ctx, key); err != nil {
			return n, err
		}
	}
	return n, nil
}
