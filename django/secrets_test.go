package django

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/seed7368b609/gormsession/internal/showntest"
)

// What is printed, logged or encoded shows neither SECRET_KEY, retired or not, nor a key that is
// derived from it, nor a password column, whatever holds them.
func TestSecretsAreNotShown(t *testing.T) {
	const secret = "pa55word-or-key"
	config := Config{SecretKey: secret, Fallbacks: []string{secret + "1"}}
	showntest.Check(t, "Config", config, secret)
	type settings struct {
		Config
		Port int
	}
	showntest.Check(t, "a struct with a Config", settings{config, 80}, secret)
	type account struct{ Name, Password string }
	user := User{ID: "7", Password: secret, Backend: "b", Row: &account{"Ann", secret}}
	showntest.Check(t, "User", user, secret)
	codec, err := NewCodec(config)
	if err != nil {
		t.Fatal(err)
	}
	key := codec.signer[0]
	for _, derived := range []string{fmt.Sprint(key)[:20], fmt.Sprintf("%x", key), string(key)} {
		showntest.Check(t, "Codec", codec, derived)
		showntest.Check(t, "a Codec's value", *codec, derived)
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
