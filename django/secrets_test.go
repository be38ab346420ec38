package django

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin/render"
)

// shown is all that a value becomes where programs show values.
func shown(v any) map[string]string {
	texts := map[string]string{}
	for _, verb := range "vdsqxXobcUeEfFgGt" {
		for _, flag := range []string{"", "+", "#", " ", "-40", "040"} {
			format := "%" + flag + string(verb)
			texts[format] = fmt.Sprintf(format, v)
		}
	}
	var text, structured bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("shown", "v", v, slog.Group("g", "v", v))
	slog.New(slog.NewJSONHandler(&structured, nil)).With("v", v).Info("shown", "v", v)
	texts["slog's text"], texts["slog's JSON"] = text.String(), structured.String()
	if text, err := json.Marshal(v); err == nil {
		texts["json"] = string(text)
	}
	if text, err := xml.Marshal(v); err == nil {
		texts["xml"] = string(text)
	}
	for name, r := range map[string]render.Render{
		"yaml": render.YAML{Data: v}, "toml": render.TOML{Data: v}, "bson": render.BSON{Data: v},
		"msgpack": render.MsgPack{Data: v},
	} {
		w := httptest.NewRecorder()
		_ = r.Render(w) // not each value has that form
		texts[name] = w.Body.String()
	}
	return texts
}

func checkShown[T any](t *testing.T, what string, v T, secret string) {
	t.Helper()
	for holder, held := range map[string]any{
		"itself": v, "a pointer": &v, "a slice": []T{v}, "a map": map[string]T{"v": v},
		"a field": struct{ V T }{v}, "a pointer in a field": struct{ V *T }{&v},
		"an interface in a field": struct{ V any }{v},
	} {
		for how, text := range shown(held) {
			hexed := fmt.Sprintf("%x", secret)
			if strings.Contains(text, secret) || strings.Contains(strings.ToLower(text), hexed) {
				t.Errorf("%s, %s, %s shows %.200q", what, holder, how, text)
			}
		}
	}
}

// What is printed, logged or encoded shows neither SECRET_KEY, retired or not, nor a key that is
// derived from it, nor a password column, whatever holds them.
func TestSecretsAreNotShown(t *testing.T) {
	const secret = "pa55word-or-key"
	config := Config{SecretKey: secret, Fallbacks: []string{secret + "1"}}
	checkShown(t, "Config", config, secret)
	type settings struct {
		Config
		Port int
	}
	checkShown(t, "a struct with a Config", settings{config, 80}, secret)
	type account struct{ Name, Password string }
	user := User{ID: "7", Password: secret, Backend: "b", Row: &account{"Ann", secret}}
	checkShown(t, "User", user, secret)
	codec, err := NewCodec(config)
	if err != nil {
		t.Fatal(err)
	}
	key := codec.signer[0]
	for _, derived := range []string{fmt.Sprint(key)[:20], fmt.Sprintf("%x", key), string(key)} {
		checkShown(t, "Codec", codec, derived)
		checkShown(t, "a Codec's value", *codec, derived)
	}
}

// What shows no secret still says what it is, and settings can be read from a file.
func TestWhatIsShownInstead(t *testing.T) {
	text, err := json.Marshal(struct {
		User
		Email string
	}{User{ID: "7", Password: "x", Backend: "b"}, "ann@example.org"})
	if err != nil || string(text) != `{"ID":"7","Backend":"b","Email":"ann@example.org"}` {
		t.Errorf("json of a user: %s, %v", text, err)
	}
	var config Config
	if err := json.Unmarshal([]byte(`{"SecretKey":"a","Fallbacks":["b"],"Salt":"c"}`), &config); err != nil {
		t.Fatal(err)
	}
	if config.SecretKey != "a" || len(config.Fallbacks) != 1 || config.Salt != "c" {
		t.Error("settings cannot be read from JSON")
	}
	if got := fmt.Sprint(config); got != "django.Config{SecretKey: [redacted]}" {
		t.Errorf("settings print as %q", got)
	}
	for _, got := range []string{fmt.Sprintf("%d", User{ID: "7"}), fmt.Sprintf("%x", &User{ID: "7"})} {
		if got != "user 7" {
			t.Errorf("a user prints as %q", got)
		}
	}
}
