package django

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession/internal/jsontext"
)

// vectors holds what real Djangos wrote and read (testdata/django/vectors.json).
type vectors struct {
	SecretKeys  map[string]string `json:"secret_keys"`
	Base62      [][2]any          `json:"base62"`
	DerivedKeys []struct {
		Secret string `json:"secret"`
		Hex    string `json:"sha256_hex"`
	} `json:"derived_keys"`
	Encode struct {
		FrozenTime int64 `json:"frozen_time"`
		Cases      []struct {
			Name        string `json:"name"`
			Secret      string `json:"secret"`
			Payload     string `json:"payload_json"`
			Compressed  bool   `json:"compressed"`
			SessionData string `json:"session_data"`
		} `json:"cases"`
	} `json:"encode"`
	Decode []struct {
		Name        string                  `json:"name"`
		SecretKey   string                  `json:"secret_key"`
		Fallbacks   []string                `json:"fallbacks"`
		SessionData string                  `json:"session_data"`
		Results     map[string]decodeResult `json:"results"`
	} `json:"decode"`
	Expiry []struct {
		UseTZ  bool         `json:"use_tz"`
		Now    string       `json:"modification"`
		Cases  []expiryCase `json:"cases_4_2_to_6_1"`
		Stores []struct {
			Arg    string `json:"arg"`
			Stored string `json:"stored"`
		} `json:"set_expiry_stores_4_2_to_6_1"`
	} `json:"expiry"`
	Rows struct {
		Written    time.Time `json:"generated_at"`
		SecretKey  string    `json:"secret_key"`
		RetiredKey string    `json:"retired_key"`
		Rows       []struct {
			Label       string `json:"label"`
			Table       string `json:"table"`
			SessionKey  string `json:"session_key"`
			SessionData string `json:"session_data"`
			Expire      string `json:"expire_date_raw_text"`
			Decoded     string `json:"decoded_json"`
		} `json:"rows"`
	} `json:"rows"`
	SessionKeys  []string `json:"session_keys"`
	CookieHeader []struct {
		Header string `json:"header"`
		Key    string `json:"django"`
	} `json:"cookie_header"`
	AuthHash []struct {
		Password  string `json:"password_column"`
		SecretKey string `json:"secret_key"`
		Hash      string `json:"session_auth_hash"`
	} `json:"auth_hash"`
}

// An expiryCase is an entry _session_expiry and what Django makes of it.
type expiryCase struct {
	Entry            json.RawMessage `json:"_session_expiry"`
	Age              json.RawMessage `json:"get_expiry_age"`
	Date             string          `json:"get_expiry_date"`
	Browser          bool            `json:"expire_at_browser_close_setting_False"`
	BrowserByDefault bool            `json:"expire_at_browser_close_setting_True"`
}

type decodeResult struct {
	JSON            string `json:"result_json"`
	CorruptedLogged bool   `json:"corrupted_logged"`
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	text, err := os.ReadFile("../testdata/django/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func mustCodec(t testing.TB, config Config) *Codec {
	t.Helper()
	codec, err := NewCodec(config)
	if err != nil {
		t.Fatal(err)
	}
	return codec
}

func mustSplit(t testing.TB, text string) map[string]json.RawMessage {
	t.Helper()
	entries, err := jsontext.Split(text)
	if err != nil {
		t.Fatalf("%.80q: %v", text, err)
	}
	return entries
}

// sameData reports whether two sessions hold the same data, however spelled.
func sameData(t testing.TB, a, b map[string]json.RawMessage) bool {
	t.Helper()
	if len(a) != len(b) {
		return false
	}
	for name := range a {
		x, errX := jsontext.Value(a[name])
		y, errY := jsontext.Value(b[name])
		if errX != nil || errY != nil || !sameValue(x, y) {
			return false
		}
	}
	return true
}

// sameValue is reflect.DeepEqual, but NaN is NaN.
func sameValue(x, y any) bool {
	switch x := x.(type) {
	case float64:
		y, ok := y.(float64)
		return ok && (x == y || math.IsNaN(x) && math.IsNaN(y))
	case []any:
		y, ok := y.([]any)
		return ok && slices.EqualFunc(x, y, sameValue)
	case map[string]any:
		y, ok := y.(map[string]any)
		return ok && maps.EqualFunc(x, y, sameValue)
	}
	return reflect.DeepEqual(x, y)
}
