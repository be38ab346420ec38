package gormsession

import (
	"encoding/json"
	"errors"

	"github.com/seed7368b609/gormsession/internal/engine"
	"github.com/seed7368b609/gormsession/internal/header"
	"github.com/seed7368b609/gormsession/internal/seal"
	"github.com/seed7368b609/gormsession/internal/sessionkey"
	"github.com/seed7368b609/gormsession/internal/verdict"
)

// adopt takes what was found in a row for the session, unless it cannot be decoded: then the
// session is empty and the row left alone. A codec that cannot decode it now, as it has no key for
// it, says nothing about the session.
func (s *State) adopt(home *engine.Table, r engine.Record) (verdict.Outcome, error) {
	entries, err := home.Decode(r)
	if err != nil && home == s.p.store.Own && s.p.opts.seal == nil && seal.IDOf(r.Data) != "" {
		err = errNoSealKey
	}
	if errors.Is(err, ErrUnavailable) {
		return 0, err
	}
	if err != nil {
		s.p.opts.log().
			Warn("gormsession: Session data corrupted", "session", sessionkey.Handle(s.key), "error", err)
		s.key = ""
		s.happened(Rejected, "damaged row")
		return verdict.Damaged, nil
	}
	if next := successor(s.key, entries); next != "" {
		return s.succeed(next)
	}
	if s.p.opts.lives.IsOver(entries, s.now()) { // Django knows of no absolute lifetime
		s.happened(Expired, "absolute lifetime")
		return s.miss(), nil
	}
	r.Entries = entries
	s.home, s.row, s.entries = home, r, entries
	return verdict.Done, nil
}

// succeed takes the session of the key that has replaced the one that was brought.
func (s *State) succeed(key string) (verdict.Outcome, error) {
	ctx, cancel := s.deadline()
	defer cancel()
	at, err := s.p.store.Seek(ctx, key, successor)
	switch {
	case errors.Is(err, engine.ErrDamaged):
		s.key = ""
		s.happened(Rejected, "damaged row")
		return verdict.Damaged, nil
	case err != nil:
		return 0, err
	case at.Home == nil:
		s.missed()
		return s.miss(), nil
	}
	s.key, s.c = at.Key, s.c.Succeed()
	return s.adopt(at.Home, at.Row)
}

// miss notes that no row has the key. A row that is made gets a key of its own.
func (s *State) miss() verdict.Outcome {
	s.key = ""
	return verdict.Missed
}

// choose notes which of the keys that the request came with counts.
func (s *State) choose(key string) {
	s.key, s.came = key, header.Brought{Present: true, Key: key}
	s.c = s.c.Alone()
}

// noteSaved notes what the row holds now, and where it is.
func (s *State) noteSaved(key string, r engine.Record, home *engine.Table) {
	s.key, s.home, s.row, s.entries, s.log, s.nextKey = key, home, r, r.Entries, nil, ""
	s.turn = nil
}

// noteMoved notes where the row went meanwhile, and what the request makes of what is there.
func (s *State) noteMoved(home *engine.Table, r engine.Record, entries map[string]json.RawMessage) {
	s.home, s.row, s.entries = home, r, entries
}
