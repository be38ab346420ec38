package django

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed7368b609/gormsession/internal/jsontext"
)

// Whatever is in a session, one encoding and decoding later it is the same text.
func TestRoundTrip(t *testing.T) {
	codec := mustCodec(t, Config{SecretKey: testSecret})
	literal := rapid.SampledFrom([]string{
		`null`, `true`, `NaN`, `-Infinity`, `1.0`, `-0.0`, `1e400`, `"\ud800"`, `"\u007f"`, `[]`, `{"a":{"b":[1,2]}}`,
		`123456789012345678901234567890`,
	})
	value := rapid.OneOf(literal, rapid.Custom(func(t *rapid.T) string {
		raw, err := jsontext.Encode(rapid.String().Draw(t, "string"))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}))
	rapid.Check(t, func(t *rapid.T) {
		want := map[string]json.RawMessage{}
		for name, raw := range rapid.MapOf(rapid.String(), value).Draw(t, "entries") {
			want[name] = json.RawMessage(raw)
		}
		codec.now = func() time.Time { return time.Unix(rapid.Int64().Draw(t, "time"), 0) }
		text, err := codec.Encode("", want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := codec.Decode("", text)
		if err != nil || jsontext.Join(got) != jsontext.Join(want) {
			t.Fatalf("%s became %s, %v", want, got, err)
		}
	})
}

// FuzzDecode tries texts as they are, and again as the validly signed payload
// that only the owner of the key can make.
func FuzzDecode(f *testing.F) {
	codec := mustCodec(f, Config{SecretKey: testSecret})
	for _, c := range readVectors(f).Decode {
		f.Add(c.SessionData)
		if i := strings.LastIndexByte(c.SessionData, ':'); i >= 0 {
			f.Add(c.SessionData[:i])
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, text := range []string{text, codec.signer.sign(text), signPayload(codec, text)} {
			entries, err := codec.Decode("", text)
			if err != nil {
				if entries != nil || errors.Is(err, ErrBadSignature) == errors.Is(err, ErrUndecodable) {
					t.Fatalf("%s, %v", entries, err)
				}
				continue
			}
			again, err := codec.Encode("", entries)
			if err != nil {
				t.Fatal(err)
			}
			got, err := codec.Decode("", again)
			if err != nil || jsontext.Join(got) != jsontext.Join(entries) {
				t.Fatalf("%s became %s, %v", jsontext.Join(entries), jsontext.Join(got), err)
			}
		}
	})
}
