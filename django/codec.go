package django

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/seed7368b609/gormsession/internal/jsontext"
)

// maxPayload is the largest JSON text of a session, in bytes, 16 MiB. Without
// it a row of 1 MB could make a process allocate a gigabyte: deflate shrinks
// zeros a thousandfold.
const maxPayload = 16 << 20

// ErrBadSignature says that session_data was not signed with SecretKey, nor
// with one of the Fallbacks, under the configured salt. Either the settings of
// the two sides differ or somebody altered the row. Django logs "Session data
// corrupted" for it and sees an empty session.
var ErrBadSignature = errors.New("gormsession: session_data has a bad signature")

// ErrUndecodable says that session_data is validly signed but is not a session:
// not base64, not zlib, not JSON, no object, or more than 16 MiB.
var ErrUndecodable = errors.New("gormsession: signed session_data cannot be decoded")

// Codec reads and writes the session_data column as Django does. It is safe for
// concurrent use.
type Codec struct {
	signer signer
	now    func() time.Time
}

// String names the codec. Like its keys, which forge sessions, nothing else prints.
func (c Codec) String() string { return "django.Codec" }

// GoString keeps the keys out of %#v.
func (c Codec) GoString() string { return c.String() }

// Format keeps the keys out of every other verb.
func (c Codec) Format(f fmt.State, _ rune) { fmt.Fprint(f, c.String()) }

// LogValue keeps the keys out of structured logs.
func (c Codec) LogValue() slog.Value { return slog.StringValue(c.String()) }

// NewCodec makes the codec for the sessions of the Django site that config
// describes. It errs where config has an empty key, or an empty path of a backend.
// Signatures bear the time of time.Now, which nothing compares with anything.
func NewCodec(config Config) (*Codec, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	return &Codec{signer: newSigner(config.salt(), config.secrets()), now: time.Now}, nil
}

// Encode signs the entries with SecretKey, for whichever row: Django binds no key to its data. The
// text is ASCII, and compressed where that makes it shorter. Each value goes out as it is, but for
// characters beyond ASCII, which are escaped: Django takes the bytes for latin-1. It errs where the
// JSON text is larger than 16 MiB, which Decode would refuse.
func (c *Codec) Encode(_ string, entries map[string]json.RawMessage) (string, error) {
	payload := []byte(jsontext.Join(entries))
	if len(payload) > maxPayload {
		return "", fmt.Errorf("gormsession: the session is larger than %d bytes", maxPayload)
	}
	var text strings.Builder
	// The length of a dot and a timestamp count too, hence the odd 1; it is
	// Django's rule, and only its own lengths make it exact.
	if packed := deflate(payload); len(packed) < len(payload)-1 {
		text.WriteByte('.')
		payload = packed
	}
	text.WriteString(base64.RawURLEncoding.EncodeToString(payload))
	text.WriteByte(':')
	text.WriteString(encodeBase62(c.now().Unix()))
	return c.signer.sign(text.String()), nil
}

// Decode returns the entries of a session that Django or Encode wrote. The
// signature is checked before anything else is looked at. The error is
// ErrBadSignature or ErrUndecodable.
func (c *Codec) Decode(_, text string) (map[string]json.RawMessage, error) {
	signed, ok := c.signer.unsign(text)
	if !ok {
		return nil, ErrBadSignature
	}
	payload, err := unpack(signed)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUndecodable, err)
	}
	entries, err := jsontext.Split(decodeLatin1(payload))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUndecodable, err)
	}
	return entries, nil
}

// unpack returns the JSON text in "[.]payload:timestamp".
func unpack(signed string) ([]byte, error) {
	i := strings.LastIndexByte(signed, ':')
	if i < 0 {
		return nil, errors.New("no timestamp")
	}
	if !isBase62(signed[i+1:]) {
		return nil, errors.New("the timestamp is no number")
	}
	encoded, compressed := strings.CutPrefix(signed[:i], ".")
	payload, err := decodeBase64(encoded)
	if err != nil {
		return nil, err
	}
	if compressed {
		return inflate(payload)
	}
	if len(payload) > maxPayload {
		return nil, errTooLarge
	}
	return payload, nil
}

// decodeLatin1 makes each byte the character of that number. Django decodes the
// payload so before it parses it; what it writes itself is ASCII.
func decodeLatin1(payload []byte) string {
	ascii := true
	for _, b := range payload {
		if b >= 0x80 {
			ascii = false
			break
		}
	}
	if ascii {
		return string(payload)
	}
	var text strings.Builder
	text.Grow(2 * len(payload))
	for _, b := range payload {
		text.WriteRune(rune(b))
	}
	return text.String()
}
