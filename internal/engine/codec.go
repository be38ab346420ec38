package engine

import (
	"encoding/json"
	"errors"

	"github.com/seed7368b609/gormsession/internal/lifetime"
)

// A Codec is how the entries of a row are text. The package above documents it.
type Codec interface {
	Encode(sessionKey string, entries map[string]json.RawMessage) (string, error)
	Decode(sessionKey, text string) (map[string]json.RawMessage, error)
}

// Decode reads the entries of a row that was found.
func (t *Table) Decode(r Record) (map[string]json.RawMessage, error) {
	return t.decode(r.key, r.Data)
}

// decode reads the entries of a row. An instant in _session_expiry has its offset from UTC in them,
// also where the row has the wall clock of the table's zone, as a Django with USE_TZ=False writes
// it: it means the same in both tables.
func (t *Table) decode(stored rowKey, text string) (map[string]json.RawMessage, error) {
	entries, err := t.codec.Decode(string(stored), text)
	if err != nil {
		return nil, err
	}
	return lifetime.Loaded(entries, t.layout.Location), nil
}

// unread is the error of a row that is left alone. A codec may know that it can be read, but not
// here and now.
func unread(err error) error {
	if errors.Is(err, ErrUnavailable) {
		return err
	}
	return ErrDamaged
}

// encode writes what decode reads, with a nonce if there is one.
func (t *Table) encode(
	stored rowKey, entries map[string]json.RawMessage, n nonce,
) (string, error) {
	text, err := t.codec.Encode(string(stored), n.on(lifetime.Stored(entries, t.layout.Location)))
	if err != nil {
		return "", encodeError(err)
	}
	return text, nil
}

// isMarked tells whether a row may hold a text with a nonce: it is not what the codec makes of the
// entries by itself.
func (t *Table) isMarked(stored rowKey, row Record) bool {
	text, err := t.encode(stored, row.Entries, "")
	return err != nil || text != row.Data
}
