package suite

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/showntest"
)

// sealing is a codec that holds a key, by value.
type sealing struct {
	gormsession.Codec
	Key string
}

// A session, its row and the plugin show neither key nor data, whatever shows them and whatever
// holds them.
func (on cases) TestSecretsAreNotShown(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite),
		gormsession.WithCodec(sealing{gormsession.JSON, "the-codec's-key"}))
	key := s.start(map[string]any{"secret": secret})
	row := gormsession.Session{SessionKey: key, SessionData: s.rows()[stored(key)].data}
	hashed := gormsession.Session{SessionKey: stored(key), SessionData: row.SessionData}
	showntest.Check(t, "a row", row, key, stored(key), secret)
	showntest.Check(t, "a row with a hash", hashed, key, stored(key), secret)
	showntest.Check(t, "a model", visitorSession{Session: row, Agent: "Lynx"}, key, stored(key),
		secret)
	showntest.Check(t, "the plugin", s.plugin, "the-codec's-key")
	showntest.Check(t, "the plugin's value", *s.plugin, "the-codec's-key")
	showntest.Check(t, "no plugin", gormsession.Plugin{}, "the-codec's-key")
	s.visit(key, func(c *Call) {
		session := c.Session()
		session.Get("secret")
		session.CycleKey()
		showntest.Check(t, "a session", session, key, session.Key(), stored(key), secret)
	})
	outside, err := s.plugin.Open(context.Background(), key)
	if err != nil {
		t.Fatal(err)
	}
	showntest.Check(t, "a session outside of a request", outside, key, stored(key), secret)
	if text := fmt.Sprint(s.plugin); text != "gormsession.Plugin of web_sessions" {
		t.Errorf("the plugin is called %s", text)
	}
}

// A model that embeds Session keeps its own fields where structs are encoded, and GORM writes and
// reads all columns.
func (on cases) TestModelIsShownWithItsOwnFields(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newVisitorSite(t, d)
		key := s.start(map[string]any{"account": 7, "agent": "Lynx", "secret": secret})
		v := s.visitor(key)
		if v.SessionKey != stored(key) || !strings.Contains(v.SessionData, secret) ||
			v.ExpireDate.IsZero() {
			t.Errorf("GORM has read %q, %q, %v", v.SessionKey, v.SessionData, v.ExpireDate.Time)
		}
		showntest.Check(t, "a model", v, key, stored(key), secret)
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
