package django

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession/internal/jsontext"
)

const testSecret = "interop-secret-key-0123456789-abcdefghijklmnop"

func TestEncodeVectors(t *testing.T) {
	v := readVectors(t)
	identical := 0
	for _, c := range v.Encode.Cases {
		t.Run(c.Name, func(t *testing.T) {
			codec := mustCodec(t, Config{SecretKey: v.SecretKeys[c.Secret]})
			codec.now = func() time.Time { return time.Unix(v.Encode.FrozenTime, 750_000_000) }
			want := mustSplit(t, c.Payload)
			text, err := codec.Encode("", want)
			if err != nil {
				t.Fatal(err)
			}
			// Django keeps the order of insertion, Encode sorts; and two
			// compressors rarely agree on the bytes.
			sorted := jsontext.Join(want) == c.Payload
			if sorted && !c.Compressed {
				identical++
				if text != c.SessionData {
					t.Errorf("encoded\n%s, Django wrote\n%s", text, c.SessionData)
				}
			}
			for _, text := range []string{text, c.SessionData} {
				got, err := codec.Decode("", text)
				if err != nil || !sameData(t, got, want) {
					t.Errorf("%s: decoded %s, %v; want %s", text, got, err, c.Payload)
				}
			}
		})
	}
	if len(v.Encode.Cases) != 29 || identical != 7 {
		t.Errorf("%d cases, of which %d compared byte for byte", len(v.Encode.Cases), identical)
	}
}

func TestDecodeVectors(t *testing.T) {
	v := readVectors(t)
	if len(v.Decode) != 66 {
		t.Errorf("%d cases", len(v.Decode))
	}
	for _, c := range v.Decode {
		t.Run(c.Name, func(t *testing.T) {
			codec := mustCodec(t, Config{SecretKey: c.SecretKey, Fallbacks: c.Fallbacks})
			got, err := codec.Decode("", c.SessionData)
			want, ok := c.Results["all"]
			if !ok {
				want = c.Results["6.1"]
			}
			switch {
			case want.CorruptedLogged:
				if !errors.Is(err, ErrBadSignature) || errors.Is(err, ErrUndecodable) || got != nil {
					t.Errorf("%s, %v; want ErrBadSignature", got, err)
				}
			// Django answers {} here, and hands over a payload that is no object
			// as it is: its view fails then.
			case want.JSON == "{}" && c.Name != "enc_empty", c.Name == "payload_string":
				if !errors.Is(err, ErrUndecodable) || errors.Is(err, ErrBadSignature) || got != nil {
					t.Errorf("%s, %v; want ErrUndecodable", got, err)
				}
			case err != nil:
				t.Errorf("%v; want %s", err, want.JSON)
			case c.Name == "payload_int_as_float":
				// Python makes 1e400 an Infinity; here it keeps its spelling.
				if text := jsontext.Join(got); text != `{"big":1e400,"e":1e3,"n":1.0}` {
					t.Error(text)
				}
			case !sameData(t, got, mustSplit(t, want.JSON)):
				t.Errorf("%s; want %s", got, want.JSON)
			}
		})
	}
}

func TestDecodeRows(t *testing.T) {
	v := readVectors(t)
	codec := mustCodec(t, Config{SecretKey: v.Rows.SecretKey, Fallbacks: []string{v.Rows.RetiredKey}})
	for _, row := range v.Rows.Rows {
		got, err := codec.Decode("", row.SessionData)
		switch row.Label {
		case "corrupt_2099", "tampered_2099":
			if !errors.Is(err, ErrBadSignature) {
				t.Errorf("%s: %v; want ErrBadSignature", row.Label, err)
			}
		default:
			if err != nil || !sameData(t, got, mustSplit(t, row.Decoded)) {
				t.Errorf("%s: %s, %v; want %s", row.Label, got, err, row.Decoded)
			}
		}
	}
}

func TestSaltOfAnotherStoreClass(t *testing.T) {
	entries := mustSplit(t, `{"a":"b"}`)
	mine := mustCodec(t, Config{SecretKey: testSecret, Salt: "django.contrib.sessions.MyStore"})
	text, err := mine.Encode("", entries)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := mine.Decode("", text); err != nil || !sameData(t, got, entries) {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := mustCodec(t,
		Config{SecretKey: testSecret}).Decode("", text); !errors.Is(err, ErrBadSignature) {
		t.Errorf("the default salt: %v; want ErrBadSignature", err)
	}
}

// What Encode writes with a fallback configured must be readable by a Django
// that knows the new key only.
func TestFallbacksSignNothing(t *testing.T) {
	text, err := mustCodec(t, Config{SecretKey: "new", Fallbacks: []string{"old"}}).Encode("", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mustCodec(t, Config{SecretKey: "new"}).Decode("", text); err != nil {
		t.Error(err)
	}
}

// What this side does not understand goes back as it came.
func TestValuesKeepTheirSpelling(t *testing.T) {
	codec := mustCodec(t, Config{SecretKey: testSecret})
	const text = `{"big":1000000000000000000000000000000,"emoji":"\ud83d\ude00","inf":[Infinity,-Infinity],"lone":"\ud800x","nan":NaN,"one":1.0}`
	signed, err := codec.Encode("", mustSplit(t, text))
	if err != nil {
		t.Fatal(err)
	}
	got, err := codec.Decode("", signed)
	if err != nil || jsontext.Join(got) != text {
		t.Errorf("%s, %v; want %s", jsontext.Join(got), err, text)
	}
}

// Django decodes the payload as latin-1 before it parses it, so a byte is a
// character, and UTF-8 is what it looks like in latin-1.
func TestLatin1(t *testing.T) {
	codec := mustCodec(t, Config{SecretKey: testSecret})
	for payload, want := range map[string]string{
		"{\"v\":\"Zo\xeb\"}":     `{"v":"Zo\u00eb"}`,
		"{\"v\":\"Zo\xc3\xab\"}": `{"v":"Zo\u00c3\u00ab"}`,
		"{\"\xff\":1}":           `{"\u00ff":1}`,
	} {
		got, err := codec.Decode("", signPayload(codec, payload))
		if err != nil || jsontext.Join(got) != want {
			t.Errorf("%q: %s, %v; want %s", payload, jsontext.Join(got), err, want)
			continue
		}
		again, err := codec.Encode("", got)
		if err != nil || strings.Trim(again, base62+"-_:.") != "" {
			t.Errorf("%q is no ASCII, %v", again, err)
		}
		if got, err = codec.Decode("", again); err != nil || jsontext.Join(got) != want {
			t.Errorf("%q, written again: %s, %v; want %s", payload, jsontext.Join(got), err, want)
		}
	}
	// A no-break space is no white space in JSON.
	if _, err := codec.Decode("",
		signPayload(codec, "{\"v\":\xa01}")); !errors.Is(err, ErrUndecodable) {
		t.Errorf("%v; want ErrUndecodable", err)
	}
}

// signPayload signs any bytes as the uncompressed payload of a session.
func signPayload(codec *Codec, payload string) string {
	return codec.signer.sign(base64.RawURLEncoding.EncodeToString([]byte(payload)) + ":1r31eq")
}

// Django compresses where that saves two bytes at least. The lengths are those of
// this side's compressor, so the texts are taken around its own boundary.
func TestCompressionRule(t *testing.T) {
	codec := mustCodec(t, Config{SecretKey: testSecret})
	saved := map[int]bool{}
	for n := range 200 {
		for seed := range uint64(5) {
			// Runs and noise, so that every saving around the boundary occurs.
			noise := rand.New(rand.NewPCG(seed, uint64(n)))
			value := strings.Repeat("x", n/2)
			for range n % 20 {
				value += string(rune('a' + noise.IntN(26)))
			}
			payload := fmt.Sprintf(`{"a":%q}`, value)
			text, err := codec.Encode("", mustSplit(t, payload))
			if err != nil {
				t.Fatal(err)
			}
			saving := len(payload) - len(deflate([]byte(payload)))
			saved[saving] = true
			if got, want := strings.HasPrefix(text, "."), saving >= 2; got != want {
				t.Fatalf("a saving of %d bytes: compressed is %v", saving, got)
			}
		}
	}
	for saving := -1; saving <= 3; saving++ {
		if !saved[saving] {
			t.Errorf("no text with a saving of %d bytes was tried", saving)
		}
	}
}

func TestEncodeRefusesWhatDecodeWould(t *testing.T) {
	codec := mustCodec(t, Config{SecretKey: testSecret})
	fits := json.RawMessage(`"` + strings.Repeat("x", maxPayload-len(`{"a":""}`)) + `"`)
	text, err := codec.Encode("", map[string]json.RawMessage{"a": fits})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := codec.Decode("", text); err != nil {
		t.Errorf("16 MiB: %v", err)
	}
	if _, err := codec.Encode("", map[string]json.RawMessage{"ab": fits}); err == nil {
		t.Error("16 MiB and a byte were encoded")
	}
	large := signPayload(codec, `{"ab":`+string(fits)+`}`)
	if _, err := codec.Decode("", large); !errors.Is(err, ErrUndecodable) {
		t.Errorf("16 MiB and a byte: %v; want ErrUndecodable", err)
	}
}
