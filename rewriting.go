package gormsession

import (
	"bytes"
	"encoding/json"
	"maps"
	"time"
)

// nonce is what the text of a save of these changes is marked with.
func (log changeLog) nonce() nonce {
	if log.relative() {
		return newNonce()
	}
	return ""
}

// rewrite is what this request makes of its row, for a row of that store.
func (s *State) rewrite(into *store, n nonce) rewrite {
	log := s.log
	return rewrite{
		first: func(stored string) (record, error) {
			return s.record(s.row, s.entries, into, stored, n)
		},
		again: func(current record, stored string) (record, error) {
			var err error
			from := s.home.stored(s.key)
			if current.entries, err = s.home.decode(from, current.data); err != nil {
				return record{}, errDamaged // never overwritten
			}
			entries, err := log.replay(current.entries)
			if err != nil {
				return record{}, err
			}
			return s.record(current, entries, into, stored, n)
		},
		asOf:  s.asOf(),
		twice: !log.relative(),
		marked: func(sent record, stored string) bool {
			// A codec that drops the nonce gives the same text with every other one.
			one, err := into.encode(stored, sent.entries, newNonce())
			other, otherErr := into.encode(stored, sent.entries, newNonce())
			return err == nil && otherErr == nil && one != other
		},
	}
}

// asOf is now, for a commit that begins, unless this request has let the session end.
func (s *State) asOf() time.Time {
	if s.row.over {
		return time.Time{}
	}
	return s.now()
}

// record is what a row of that store and key is to hold for these entries. Entries that are as the
// row has them keep their text, which a codec need not write twice alike.
func (s *State) record(
	row record, entries map[string]json.RawMessage, into *store, stored string, n nonce,
) (record, error) {
	r := record{entries: entries, data: row.data}
	same := row.data != "" && into == s.home && stored == into.stored(s.key)
	if !same || !maps.EqualFunc(entries, row.entries, sameText) {
		var err error
		if n == "" && same && into.isMarked(stored, row) {
			n = newNonce()
		}
		if r.data, err = into.encode(stored, entries, n); err != nil {
			return record{}, err
		}
	}
	if s.meddled.Load() { // the codec
		return record{}, errInSave
	}
	l, err := s.p.opts.lives.Of(entries)
	if err != nil {
		s.lifetime() // warns
	}
	now := s.now()
	r.end(s.p.opts.lives.ExpireDate(l, now), now)
	return r, nil
}

func sameText(a, b json.RawMessage) bool { return bytes.Equal(a, b) }
