// Package showntest tells tests what of a value becomes public where programs show values.
package showntest

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

// shown is all that a value becomes where programs show values: with each verb of fmt and each
// flag, in both logs of slog, and in what encodes structs for responses.
func shown(v any) map[string]string {
	texts := map[string]string{}
	for _, verb := range "vdsqxXobcUeEfFgGt" {
		for _, flag := range []string{"", "+", "#", " ", "-40", "040", ".40"} {
			format := "%" + flag + string(verb)
			texts[format] = fmt.Sprintf(format, v)
		}
	}
	for _, none := range []string{"no verb"} { // vet knows a constant
		texts["too many"] = fmt.Sprintf(none, v)
	}
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"slog's text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"slog's JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var b bytes.Buffer
		slog.New(handler(&b)).With("v", v).WithGroup("g").Info("shown", "v", v, slog.Group("h", "v", v))
		texts[name] = b.String()
	}
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

// Check reports where a value, or what holds it, shows one of the secrets.
func Check[T any](t testing.TB, what string, v T, secrets ...string) {
	t.Helper()
	for holder, held := range map[string]any{
		"itself": v, "a pointer": &v, "a slice": []T{v}, "a slice of any": []any{v},
		"a map": map[string]T{"v": v}, "a field": struct{ V T }{v},
		"a pointer in a field": struct{ V *T }{&v},
		"a slice in a field":   struct{ V []T }{[]T{v}}, "an interface in a field": struct{ V any }{v},
	} {
		for how, text := range shown(held) {
			for _, secret := range secrets {
				hexed := fmt.Sprintf("%x", secret)
				if strings.Contains(text, secret) || strings.Contains(strings.ToLower(text), hexed) {
					t.Errorf("%s, %s, %s shows %.200q", what, holder, how, text)
				}
			}
		}
	}
}
