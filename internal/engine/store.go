package engine

import (
	"context"
	"encoding/json"
	"errors"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/internal/sessionkey"
)

// A Store is where sessions are kept: one table, and perhaps a former one in which they may still
// be. It is safe for concurrent use.
type Store struct {
	Own    *Table
	former *Table   // or nil
	places []*Table // where a row may be, in the order of looking
}

// Open makes a store on the application's handle, and its tables where they are missing and may be
// made. What cannot serve is an error that says how to mend it. There may be no former table.
func Open(db *gorm.DB, own Config, former *Config) (*Store, error) {
	s := &Store{}
	var err error
	if s.Own, err = open(db, own); err != nil {
		return nil, err
	}
	s.places = []*Table{s.Own}
	if former != nil {
		if s.former, err = open(db, *former); err != nil {
			return nil, err
		}
		s.places = append(s.places, s.former, s.Own)
	}
	return s, nil
}

// tables are those that there are, each once.
func (s *Store) tables() []*Table {
	if s.former == nil {
		return []*Table{s.Own}
	}
	return []*Table{s.Own, s.former}
}

func open(db *gorm.DB, c Config) (*Table, error) {
	t, err := newTable(db, c)
	if err == nil {
		err = t.prepare(c.Migrate)
	}
	return t, err
}

// Find returns the live row of that key and where it is; nil if there is none. A row that is moved
// to the other table meanwhile is not missed, whichever way it goes: the own table is looked at
// before and after the former one.
func (s *Store) Find(ctx context.Context, key string) (*Table, Record, error) {
	for _, place := range s.places {
		if !place.knows(key) {
			continue
		}
		if r, found, err := place.find(ctx, key); err != nil || found {
			return place, r, err
		}
	}
	return nil, Record{}, nil
}

// A Place is where a session is: a key, and the row that has it now, in that table.
type Place struct {
	Key  string
	Home *Table // nil if there is none
	Row  Record
}

// Seek finds the live row of a key, decoded, or that of the key that it was replaced by: next tells
// which one that is, "" for none, by the key and what the row holds.
func (s *Store) Seek(
	ctx context.Context, key string, next func(key string, entries map[string]json.RawMessage) string,
) (Place, error) {
	for range longestTrail {
		home, r, err := s.Find(ctx, key)
		if err != nil || home == nil {
			return Place{Key: key}, err
		}
		if r.Entries, err = home.Decode(r); err != nil {
			return Place{}, unread(err)
		}
		replaced := next(key, r.Entries)
		if replaced == "" {
			return Place{key, home, r}, nil
		}
		key = replaced
	}
	return Place{Key: key}, nil
}

// longestTrail is how many keys are followed.
const longestTrail = 16

// Follow goes after a row that is gone from where it was loaded, as the error of its save says: it
// may have been moved to the other table meanwhile, or have got another key. relative is whether
// the change was.
func (s *Store) Follow(
	ctx context.Context, key string, gone error, relative bool,
	next func(key string, entries map[string]json.RawMessage) string,
) (Place, error) {
	lost := errors.Is(gone, errTrackLost)
	at, err := s.Seek(ctx, key, next)
	switch {
	case err != nil && lost:
		return Place{}, &failure{sentinel: ErrOutcomeUnknown, cause: err}
	case err != nil:
		return Place{}, err
	case at.Home == nil:
		return Place{}, gone
	case lost && relative:
		return Place{}, ErrOutcomeUnknown
	}
	return at, nil
}

// MayFollow tells whether a row that is gone may be elsewhere.
func (s *Store) MayFollow() bool { return s.former != nil }

// Exists is Find for rows that may have expired (Django's exists).
func (s *Store) Exists(ctx context.Context, key string) (bool, error) {
	for _, place := range s.places {
		if !place.knows(key) {
			continue
		}
		if found, err := place.exists(ctx, key); err != nil || found {
			return found, err
		}
	}
	return false, nil
}

// Delete deletes the row of that key wherever it is, also if it is moved meanwhile, and returns how
// many there were. That there is none is no error.
func (s *Store) Delete(ctx context.Context, key string) (total int64, err error) {
	for _, place := range s.places {
		if place.knows(key) {
			n, err := place.delete(ctx, key)
			if total += n; err != nil {
				return total, err
			}
		}
	}
	return total, nil
}

// DeleteRow deletes a row by its session_key, and returns how many there were. known tells whether
// that has the form of either table's.
// next, if it is not nil, tells by what a row holds which one has replaced it: that goes too.
func (s *Store) DeleteRow(
	ctx context.Context, key string, next func(entries map[string]json.RawMessage) string,
) (known bool, total int64, err error) {
	for _, place := range s.places {
		switch hash := sessionkey.IsHash(key); {
		case !hash && !place.layout.HashedKeys && place.knows(key):
			// It is the client's, and may have moved to a table of hashes.
			total, err = s.Delete(ctx, key)
			return true, total, err
		case hash && place.layout.HashedKeys:
			known = true
			n, err := place.deleteRow(ctx, rowKey(key), next)
			if total += n; err != nil {
				return true, total, err
			}
		}
	}
	return known, total, nil
}

// Mistakes tells whether a text is taken for a key in vain: where keys are hashed, that of a row
// finds nothing, and neither does a handle.
func (s *Store) Mistakes(text string) bool {
	hashed := false
	for _, place := range s.places {
		if hashed = hashed || place.layout.HashedKeys; place.knows(text) {
			return false
		}
	}
	return hashed
}

// Decode decodes the data of a row of either table, by its session_key.
func (s *Store) Decode(key, text string) (map[string]json.RawMessage, error) {
	entries, err := s.Own.decode(rowKey(key), text)
	if err != nil && s.former != nil {
		if entries, otherErr := s.former.decode(rowKey(key), text); otherErr == nil {
			return entries, nil
		}
	}
	return entries, err
}

// CountLive counts the rows that have not expired, in both tables.
func (s *Store) CountLive(ctx context.Context) (int64, error) {
	total, err := s.Own.countLive(ctx)
	if s.former == nil || err != nil {
		return total, err
	}
	more, err := s.former.countLive(ctx)
	return total + more, err
}

// ClearAll deletes all rows there are, in both tables, and returns how many.
func (s *Store) ClearAll(ctx context.Context) (total int64, err error) {
	for _, place := range s.places {
		n, err := place.clearAll(ctx)
		if total += n; err != nil {
			return total, err
		}
	}
	return total, nil
}

// ClearExpired deletes all rows that are expired when it begins, and returns how many. tell is
// called after each batch with how many there were so far.
func (s *Store) ClearExpired(ctx context.Context, tell func(total int64)) (int64, error) {
	total, err := s.Own.clearExpired(ctx, tell)
	if s.former == nil || err != nil {
		return total, err
	}
	more, err := s.former.clearExpired(ctx, func(n int64) { tell(total + n) })
	return total + more, err
}
