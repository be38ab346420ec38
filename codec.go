package gormsession

import (
	"encoding/json"

	"github.com/seed7368b609/gormsession/internal/jsontext"
)

// A Codec turns the entries of a session into the text of the session_data column and back. The default, [JSON], writes one JSON object.
// Write one to seal the data, or to share a table with something that writes another form.
//
// Each entry is the JSON text of its value. Text that Decode has read is given to Encode as it was, where the entry did not change.
// Names and texts that Encode gets are not its own to keep. Both methods are called concurrently.
type Codec interface {
	// Encode returns the text for session_data. It should hold ASCII only, which the column has room for in every charset of every
	// database. It need not give the same text twice. An error is answered with 500 and nothing is saved.
	Encode(entries map[string]json.RawMessage) (string, error)

	// Decode returns the entries of a text. An error means that the text cannot be read: the session counts as empty, the row stays
	// as it is, and a warning with the error is logged; so the error must not quote the text.
	Decode(text string) (map[string]json.RawMessage, error)
}

// JSON is the default [Codec]: one JSON object, names sorted, without spaces, in pure ASCII. Equal entries give equal text.
var JSON Codec = jsonCodec{}

type jsonCodec struct{}

func (jsonCodec) Encode(entries map[string]json.RawMessage) (string, error) {
	return jsontext.Join(entries), nil
}

func (jsonCodec) Decode(text string) (map[string]json.RawMessage, error) {
	return jsontext.Split(text)
}
