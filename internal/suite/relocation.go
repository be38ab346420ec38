package suite

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// taggedCodec writes what JSON cannot read, and reads nothing else.
type taggedCodec struct{}

func (taggedCodec) Encode(row string, entries map[string]json.RawMessage) (string, error) {
	text, err := gormsession.JSON.Encode(row, entries)
	return "tagged:" + text, err
}

func (taggedCodec) Decode(row, text string) (map[string]json.RawMessage, error) {
	text, ok := strings.CutPrefix(text, "tagged:")
	if !ok {
		return nil, errors.New("not tagged")
	}
	return gormsession.JSON.Decode(row, text)
}

// oldSettings have another table than the default, other keys and another encoding.
var oldSettings = gormsession.WithOptions(withLayout(layout.Django()),
	gormsession.WithCodec(taggedCodec{}))

var oldCookie = gormsession.WithCookieName("sessionid")

// A relocation is one site in the phases of a move, on one database: with the old settings, with
// the new ones as the former, with the old ones as the former, and with the new ones alone.
type relocation struct{ old, one, two, alone *site }

func (on ground) newRelocation(t *testing.T, d *dbtest.DB) relocation {
	t.Helper()
	open := func(table string, opts ...gormsession.Option) *site {
		s := on.newSite(t, d, append(opts, oldCookie)...)
		s.table, s.cookieName = table, "sessionid"
		return s
	}
	return relocation{
		old:   open("django_session", oldSettings),
		one:   open("django_session", oldSettings, gormsession.WithFormer()),
		two:   open("web_sessions", gormsession.WithFormer(oldSettings)),
		alone: open("web_sessions"),
	}
}

// servers are those that may run while there are rows in both tables.
func (r relocation) servers() map[string]*site {
	return map[string]*site{"one": r.one, "two": r.two}
}

// tables says in which tables there is a row for that key.
func (r relocation) tables(key string) string {
	var in []string
	if _, ok := r.old.rows()[key]; ok {
		in = append(in, "old")
	}
	if _, ok := r.alone.rows()[stored(key)]; ok {
		in = append(in, "new")
	}
	return strings.Join(in, " ")
}

// mover moves the rows past the sites, whose statements are watched.
func (r relocation) mover(t *testing.T, d *dbtest.DB) func() {
	t.Helper()
	plugin, err := gormsession.New(d.Open(t), gormsession.WithFormer(oldSettings), oldCookie,
		gormsession.WithClock(r.two.clock.Now))
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if _, err := plugin.MoveFormer(context.Background()); err != nil {
			t.Error(err)
		}
	}
}

// plantOld puts a row into the former table.
func (r relocation) plantOld(t *testing.T, key, data, expire string) {
	t.Helper()
	if err := r.old.db.Exec("INSERT INTO django_session VALUES (?, ?, ?)", key, data,
		expire).Error; err != nil {
		t.Fatal(err)
	}
}

// sessionsOf are the entries of the sessions with these keys, as one server has them.
func sessionsOf(s *site, keys []string) map[string]map[string]any {
	all := map[string]map[string]any{}
	for _, key := range keys {
		all[key] = s.entries(key)
	}
	return all
}

// fill makes sessions of many kinds and returns their keys.
func (r relocation) fill(n int) (keys []string) {
	for i := range n {
		keys = append(keys,
			r.old.start(map[string]any{
				"i":    i,
				"name": "Änn",
				"deep": map[string]any{"a": []any{1, 2.5, nil, true}},
			}))
	}
	for _, set := range []func(*gormsession.State){
		func(s *gormsession.State) { s.SetExpiry(time.Hour) },
		func(s *gormsession.State) { s.SetBrowserSession() },
		func(s *gormsession.State) { s.SetExpiryAt(r.old.clock.Now().Add(time.Hour)) },
		func(s *gormsession.State) { s.Set("long", strings.Repeat("é", 100_000)) },
		func(s *gormsession.State) { s.Set("gone", 1); s.Clear(); _ = s.Save() },
	} {
		got := r.old.visit("", func(c *Call) { set(c.Session()) })
		keys = append(keys, got.cookie.Value)
	}
	return keys
}
