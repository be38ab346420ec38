package gormsession

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"testing"
	"time"

	"gorm.io/gorm"
	"pgregory.net/rapid"

	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/sessionkey"
)

// A visit is a session that somebody has open, and what it is by the model.
type visit struct {
	*sketch
	s         *State
	saved     map[string]any // what was loaded or saved last
	key       string         // "": none yet
	doomed    string         // flushed, and still to be deleted
	flushed   bool
	create    bool // a row is made even if it is empty
	cycled    bool
	discarded bool
}

// A machine drives open sessions of one table in any order, beside a model of its rows.
type machine struct {
	db     *gorm.DB
	plugin *Plugin
	rows   map[string]map[string]any // by key
	keys   []string                  // all that there ever were
	visits []*visit
}

// nonceText is what a nonce looks like.
var nonceText = regexp.MustCompile(`[ \t\r\n]{20}`)

// Whatever requests do to sessions, in whatever order they load and save: each of them sees what it
// should, and the table holds what the documented merge says.
func TestSessionsInAnyOrder(t *testing.T) {
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	plugin, err := New(db, WithClock(func() time.Time { return now }), WithCleanup(0))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		if err := db.Exec("DELETE FROM web_sessions").Error; err != nil {
			t.Fatal(err)
		}
		m := &machine{db: db, plugin: plugin, rows: map[string]map[string]any{}, keys: []string{""}}
		m.open(t)
		t.Repeat(map[string]func(*rapid.T){
			"open":         m.open,
			"change":       m.change,
			"change again": m.change,
			"save":         m.save,
			"cycle":        m.cycle,
			"flush":        m.flush,
			"discard":      m.discard,
			"delete":       m.delete,
			"":             m.compare,
		})
	})
}

func (m *machine) open(t *rapid.T) {
	key := rapid.SampledFrom(m.keys).Draw(t, "key")
	s, err := m.plugin.Open(context.Background(), key)
	if err != nil {
		t.Fatal(err)
	}
	v := &visit{sketch: newSketch(m.rows[key]), s: s, saved: m.rows[key]}
	if m.rows[key] != nil {
		v.key = key
	}
	if s.Key() != v.key || s.IsNew() != (v.key == "") {
		t.Fatalf("the session is %q, new %v", s.Key(), s.IsNew())
	}
	m.visits = append(m.visits, v)
}

func (m *machine) any(t *rapid.T) *visit {
	if len(m.visits) == 0 {
		t.Skip("nobody has a session open")
	}
	return rapid.SampledFrom(m.visits).Draw(t, "visit")
}

func (m *machine) change(t *rapid.T) {
	v := m.any(t)
	perform(t, anyDeed(t), v.s, v.sketch)
}

func (m *machine) cycle(t *rapid.T) {
	v := m.any(t)
	v.s.CycleKey()
	v.cycled, v.create = v.key != "", v.create || v.key == ""
}

func (m *machine) flush(t *rapid.T) {
	v := m.any(t)
	v.s.Flush()
	if v.key != "" {
		v.doomed = v.key
	}
	v.sketch, v.saved, v.key, v.cycled, v.create, v.flushed = newSketch(
		nil,
	), nil, "", false, false, true
}

func (m *machine) discard(t *rapid.T) {
	v := m.any(t)
	v.s.Discard()
	v.sketch, v.cycled, v.create, v.discarded = newSketch(v.saved), false, false, true
}

func (m *machine) delete(t *rapid.T) {
	key := rapid.SampledFrom(m.keys).Draw(t, "key")
	if err := m.plugin.Delete(context.Background(), key); err != nil {
		t.Fatal(err)
	}
	delete(m.rows, key)
}

// save saves, and checks that the model says the same of it.
func (m *machine) save(t *rapid.T) {
	v := m.any(t)
	err := v.s.Save()
	if v.doomed != "" {
		delete(m.rows, v.doomed)
		v.doomed = ""
	}
	row, there := m.rows[v.key]
	switch {
	case v.discarded:
		if !errors.Is(err, errDiscarded) {
			t.Fatalf("nothing is to be saved: %v", err)
		}
		return
	case v.key != "" && !there:
		if !errors.Is(err, ErrInterrupted) {
			t.Fatalf("a session that is gone is saved: %v", err)
		}
		m.visits = slices.DeleteFunc(m.visits, func(other *visit) bool { return other == v })
		return
	case err != nil:
		t.Fatal(err)
	case v.key == "" && v.flushed && len(v.view) == 0 && !v.create:
		if v.s.Key() != "" {
			t.Fatal("an empty session that was flushed has got a row")
		}
		return
	case v.key == "":
		m.has(t, v, v.view)
	default:
		merged := v.merged(row)
		if !v.cycled {
			if v.s.Key() != v.key {
				t.Fatal("a save has changed the key")
			}
			m.rows[v.key] = merged
		} else {
			delete(m.rows, v.key)
			m.has(t, v, merged)
		}
	}
	v.sketch, v.saved = newSketch(m.rows[v.key]), m.rows[v.key]
	v.cycled, v.create = false, false
	wantEntries(t, "the save", v.s.entries, v.view)
}

// has notes that a visit has got a new key.
func (m *machine) has(t *rapid.T, v *visit, entries map[string]any) {
	t.Helper()
	key := v.s.Key()
	if slices.Contains(m.keys, key) {
		t.Fatalf("the new key %q is not new", key)
	}
	m.keys = append(m.keys, key)
	m.rows[key], v.key = maps.Clone(entries), key
}

// compare compares the table with the model, and what each visit sees.
func (m *machine) compare(t *rapid.T) {
	var rows []Session
	if err := m.db.Find(&rows).Error; err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, row := range rows {
		got[row.SessionKey] = nonceText.ReplaceAllString(row.SessionData, "")
	}
	want := map[string]string{}
	for key, entries := range m.rows {
		want[sessionkey.Hash(key)] = textOfValue(t, entries)
	}
	if !maps.Equal(got, want) {
		t.Fatalf("the table holds %v, not %v", got, want)
	}
	for _, v := range m.visits {
		wantEntries(t, "a visit", v.s.entries, v.view)
	}
}
