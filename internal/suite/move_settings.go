package suite

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// An instant stays the instant that it is, also where the former table has it in the wall clock of
// a zone, and the other way round.
func (on cases) TestFormerZone(t *testing.T) {
	chicago, err := time.LoadLocation("America/Chicago")
	if err != nil {
		t.Fatal(err)
	}
	local := layout.Django()
	local.Location = chicago
	settings := withLayout(local)
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		old, one := on.newSite(t, d, settings, oldCookie), on.newSite(t, d, settings, oldCookie,
			gormsession.WithFormer())
		two, alone := on.newSite(t, d, oldCookie,
			gormsession.WithFormer(settings)), on.newSite(t, d, oldCookie)
		at := old.clock.Now().Add(36*time.Hour + 1234*time.Microsecond)
		for _, s := range []*site{old, one, two, alone} {
			s.cookieName = "sessionid"
		}
		expires := func(what string, s *site, key string) {
			t.Helper()
			var got time.Time
			s.visit(key, func(c *Call) { got = c.Session().ExpiryDate() })
			if !got.Equal(at) {
				t.Errorf("%s: it expires at %v, not %v", what, got, at)
			}
		}
		begin := func(s *site) string {
			return s.visit("", func(c *Call) { c.Session().SetExpiryAt(at) }).cookie.Value
		}
		cycle := func(c *Call) { c.Session().CycleKey() }

		key := begin(old)
		if data := rowsOf(t, old.db, "django_session")[key].data; data != fmt.Sprintf(`{"_session_expiry":%q}`, at.In(chicago).Format("2006-01-02T15:04:05.000000")) {
			t.Errorf("Django would read %s", data)
		}
		expires("read again", old, key)
		expires("in the former table", two, key)
		expires("after a cycle to the new one", alone, two.visit(key, cycle).cookie.Value)
		back := one.visit(begin(alone), cycle)
		expires("after a cycle to the old one", old, back.cookie.Value)
		at = at.Add(time.Hour)
		two.visit(back.cookie.Value, func(c *Call) { c.Session().SetExpiryAt(at) })
		expires("set from the other side", old, back.cookie.Value)
		if _, err := two.plugin.MoveFormer(context.Background()); err != nil {
			t.Error(err)
		}
		expires("after the move", alone, back.cookie.Value)
	})
}

// Columns of the application's own are filled, and tables of one layout and two codecs do as well.
func (on cases) TestMoveFormerToAModel(t *testing.T) {
	type named struct {
		gormsession.Session
		Name string
	}
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		former := []gormsession.Option{
			gormsession.WithTable("former"), gormsession.WithCodec(taggedCodec{}),
		}
		old := on.newSite(t, d, former...)
		s := on.newSite(t, d, gormsession.WithFormer(former...),
			gormsession.WithModel(func(row gormsession.Session, e gormsession.Entries) named {
				name, _ := e.Get("name").(string)
				return named{row, name}
			}))
		key := old.start(map[string]any{"name": "Ann"})
		for row := range rowsOf(t, old.db, "former") {
			if entries, err := s.plugin.Entries(gormsession.Session{
				SessionData: rowsOf(t, old.db, "former")[row].data,
			}); err != nil || entries["name"] != "Ann" {
				t.Errorf("a former row has %v, %v", entries, err)
			}
		}
		if m, err := s.plugin.MoveFormer(context.Background()); err != nil || m.Rows != 1 {
			t.Fatalf("%+v, %v", m, err)
		}
		var name string
		if err := s.db.Raw("SELECT name FROM web_sessions WHERE session_key = ?",
			stored(key)).Scan(&name).Error; err != nil || name != "Ann" {
			t.Errorf("the column holds %q, %v", name, err)
		}
		if got := s.visit(key, readName); got.status != http.StatusOK || got.body != `"Ann"` {
			t.Errorf("the session has %s", got.body)
		}
	})
}
