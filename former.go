package gormsession

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/seed7368b609/gormsession/internal/lifetime"
)

// WithFormer names a second table of the same database in which sessions may still be: that of the
// former settings, while an application moves to others. Of opts, what concerns the table counts:
// [WithTable], [WithCodec], [WithModel], [WithoutMigration], and what a package such as django
// sets; everything else is as for the own table. Without opts it is the default table.
//
// A session is looked for in the own table and then in the former one, and saved where it was
// found; new sessions, and those that get a new key, go to the own table. So a binary with the new
// settings as its own ones and the old ones as the former serves everybody who is logged in, and so
// does one with the two the other way round: roll that one out first, then the other, and nobody is
// logged out while both run. [Plugin.MoveFormer] moves the rows. Give the cookie's name by
// [WithCookieName] where the two have not the same by default.
//
// It costs nothing where the session is in the own table, one SELECT more where it is in the former
// one, and two more where it is in neither.
func WithFormer(opts ...Option) Option {
	return func(o *options) { o.formerOpts = append([]Option{}, opts...) }
}

// makeFormer makes the settings of the former table, which shares clock, limits and logger with the
// own one.
func (o *options) makeFormer() error {
	if o.formerOpts == nil {
		return nil
	}
	f, err := newOptions(append(slices.Clip(o.formerOpts), func(f *options) {
		f.clock, f.timeout, f.logger, f.migrate = o.clock, o.timeout, o.logger, f.migrate &&
			o.migrate
	}))
	switch {
	case err != nil:
		return fmt.Errorf("%w (in the options of WithFormer)", err)
	case f.former != nil:
		return errors.New("gormsession: WithFormer within WithFormer: there is one former table")
	case f.table == o.table:
		return fmt.Errorf(
			"gormsession: the own table and the former one are both %s: name one of them with WithTable",
			o.table,
		)
	case o.cookieName == "" && o.layout.Cookie != f.layout.Cookie:
		return fmt.Errorf(
			"gormsession: with WithFormer say which cookie it is: WithCookieName(%q) or "+
				"WithCookieName(%q); with another one than before everybody is logged out",
			o.layout.Cookie,
			f.layout.Cookie,
		)
	}
	for key, value := range f.values {
		if _, ok := o.values[key]; !ok {
			WithValue(key, value)(o)
		}
	}
	o.former = f
	return nil
}

// wellFormed tells whether a cookie's value can be a key, in either of the tables.
func (o *options) wellFormed(key string) bool {
	return o.layout.WellFormed(key) || o.former != nil && o.former.layout.WellFormed(key)
}

func (o *options) unquotesCookie() bool {
	return o.layout.UnquoteCookie || o.former != nil && o.former.layout.UnquoteCookie
}

// knows tells whether a row can have that key.
func (s *store) knows(key string) bool { return s.layout.WellFormed(key) && s.layout.Storable(key) }

// find returns the live row of that key and where it is; nil if there is none. A row that is moved
// to the other table meanwhile is not missed, whichever way it goes: the own table is looked at
// before and after the former one.
func (p *Plugin) find(ctx context.Context, key string) (*store, record, error) {
	for _, place := range p.places {
		if !place.knows(key) {
			continue
		}
		if r, found, err := place.find(ctx, key); err != nil || found {
			return place, r, err
		}
	}
	return nil, record{}, nil
}

// exists is find for rows that may have expired.
func (p *Plugin) exists(ctx context.Context, key string) (bool, error) {
	for _, place := range p.places {
		if !place.knows(key) {
			continue
		}
		if found, err := place.exists(ctx, key); err != nil || found {
			return found, err
		}
	}
	return false, nil
}

// delete deletes the row of that key wherever it is, also if it is moved meanwhile.
func (p *Plugin) delete(ctx context.Context, key string) error {
	for _, place := range p.places {
		if place.knows(key) {
			if err := place.delete(ctx, key); err != nil {
				return err
			}
		}
	}
	return nil
}

// clearExpired deletes what has expired in both tables.
func (p *Plugin) clearExpired(ctx context.Context) (int64, error) {
	total, err := p.store.clearExpired(ctx)
	if p.former == nil || err != nil {
		return total, err
	}
	more, err := p.former.clearExpired(ctx)
	return total + more, err
}

// decode decodes the data of a row of either table.
func (p *Plugin) decode(row Session) (map[string]json.RawMessage, error) {
	entries, err := p.store.decode(row.SessionKey, row.SessionData)
	if err != nil && p.former != nil {
		if entries, otherErr := p.former.decode(row.SessionKey, row.SessionData); otherErr == nil {
			return entries, nil
		}
	}
	return entries, err
}

// errTrackLost is ErrInterrupted where it is unknown whether our own save was done before the row
// went away.
var errTrackLost = fmt.Errorf("%w, and the connection was lost before", ErrInterrupted)

// decode reads the entries of a row. An instant in _session_expiry has its offset from UTC in them,
// also where the row has the wall clock of the table's zone, as a Django with USE_TZ=False writes
// it: it means the same in both tables.
func (s *store) decode(stored, text string) (map[string]json.RawMessage, error) {
	entries, err := s.codec.Decode(stored, text)
	if err != nil {
		return nil, err
	}
	return lifetime.Loaded(entries, s.layout.Location), nil
}

// encode writes what decode reads, with a nonce if there is one.
func (s *store) encode(
	stored string, entries map[string]json.RawMessage, n nonce,
) (string, error) {
	text, err := s.codec.Encode(stored, n.on(lifetime.Stored(entries, s.layout.Location)))
	if err != nil {
		return "", encodeError(err)
	}
	return text, nil
}
