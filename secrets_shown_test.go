package gormsession_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/gin-gonic/gin/render"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// sealing is a codec that holds a key, by value.
type sealing struct {
	gormsession.Codec
	Key string
}

// shown is all that a value becomes where programs show values: with each verb of fmt and each flag,
// in both logs of slog, and in what encodes structs for responses.
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

// checkShown reports where a value, or what holds it, shows one of the secrets.
func checkShown[T any](t *testing.T, what string, v T, secrets ...string) {
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

// A session, its row and the plugin show neither key nor data, whatever shows them and whatever
// holds them.
func TestSecretsAreNotShown(t *testing.T) {
	s := newSite(t, dbtest.New(t, dbtest.SQLite),
		gormsession.WithCodec(sealing{gormsession.JSON, "the-codec's-key"}))
	key := s.start(map[string]any{"secret": secret})
	row := gormsession.Session{SessionKey: key, SessionData: s.rows()[stored(key)].data}
	hashed := gormsession.Session{SessionKey: stored(key), SessionData: row.SessionData}
	checkShown(t, "a row", row, key, stored(key), secret)
	checkShown(t, "a row with a hash", hashed, key, stored(key), secret)
	checkShown(t, "a model", visitorSession{Session: row, Agent: "Lynx"}, key, stored(key), secret)
	checkShown(t, "the plugin", s.plugin, "the-codec's-key")
	checkShown(t, "the plugin's value", *s.plugin, "the-codec's-key")
	checkShown(t, "no plugin", gormsession.Plugin{}, "the-codec's-key")
	s.visit(key, func(c *gin.Context) {
		session := ginsession.Get(c)
		session.Get("secret")
		session.CycleKey()
		checkShown(t, "a session", session, key, session.Key(), stored(key), secret)
	})
	outside, err := s.plugin.Open(context.Background(), key)
	if err != nil {
		t.Fatal(err)
	}
	checkShown(t, "a session outside of a request", outside, key, stored(key), secret)
	if text := fmt.Sprint(s.plugin); text != "gormsession.Plugin of web_sessions" {
		t.Errorf("the plugin is called %s", text)
	}
}

// A model that embeds Session keeps its own fields where structs are encoded, and GORM writes and
// reads all columns.
func TestModelIsShownWithItsOwnFields(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := newVisitorSite(t, d)
		key := s.start(map[string]any{"account": 7, "agent": "Lynx", "secret": secret})
		v := s.visitor(key)
		if v.SessionKey != stored(key) || !strings.Contains(v.SessionData, secret) ||
			v.ExpireDate.IsZero() {
			t.Errorf("GORM has read %q, %q, %v", v.SessionKey, v.SessionData, v.ExpireDate.Time)
		}
		checkShown(t, "a model", v, key, stored(key), secret)
		text, err := json.Marshal([]visitorSession{v})
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{`"AccountID":7`, `"Agent":"Lynx"`, `"ExpireDate":"20`} {
			if !strings.Contains(string(text), part) {
				t.Errorf("json lacks %s: %s", part, text)
			}
		}
	})
}
