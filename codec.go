package gormsession

import (
	"encoding/json"

	"github.com/seed7368b609/gormsession/internal/jsontext"
)

// A Codec turns the entries of a session into the text of the session_data column and back. The
// default, [JSON], writes one JSON object. Write one to seal the data, or to share a table with
// something that writes another form.
//
// Each entry is the JSON text of its value. Text that Decode has read is given to Encode as it was,
// where the entry did not change. Names and texts that Encode gets are not its own to keep. Both
// methods are called concurrently.
//
// sessionKey is the column session_key of the row that the text is for, as the table holds it: the
// hash of the key, or Django's key. A codec that seals must bind it to the text (as the additional
// data of an AEAD), or somebody who can write to the table can give one user the data of another.
// Where a session gets a new key or another table, its text is encoded anew.
//
// The text of the first entry that Encode gets may begin with white space: the mark of a save that
// must not be done twice ([State.Modify], [State.Flash]). A codec that keeps it in its text, or
// never gives the same text twice, lets such a save be told from another's after a lost answer.
// With one that does neither the save ends as [ErrOutcomeUnknown] then.
type Codec interface {
	// Encode returns the text for session_data. It should hold ASCII only, which the column has
	// room for in every charset of every database. It need not give the same text twice. An error
	// is answered with 500 and nothing is saved.
	Encode(sessionKey string, entries map[string]json.RawMessage) (string, error)

	// Decode returns the entries of a text. An error means that the text cannot be read: the
	// session counts as empty, the row stays as it is, and a warning with the error is logged; so
	// the error must not quote the text. One that wraps [ErrUnavailable] means that it cannot be
	// read now, as where a key of the codec's is missing: it is answered with 503, and nobody is
	// logged out.
	Decode(sessionKey, text string) (map[string]json.RawMessage, error)
}

// JSON is the default [Codec]: one JSON object, names sorted, without spaces, in pure ASCII. Equal
// entries give equal text.
var JSON Codec = jsonCodec{}

type jsonCodec struct{}

func (jsonCodec) Encode(_ string, entries map[string]json.RawMessage) (string, error) {
	return jsontext.Join(entries), nil
}

func (jsonCodec) Decode(_, text string) (map[string]json.RawMessage, error) {
	return jsontext.Split(text)
}
