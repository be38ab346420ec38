package suite

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// A codec is told the row, so that one that seals can bind the data to it: who can write to the
// table can give nobody the data of another.
func (on cases) TestSealedRowsCannotBeSwapped(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		for _, l := range []layout.Layout{layout.Own(), layout.Django()} {
			t.Run(l.Table, func(t *testing.T) {
				t.Parallel()
				s := on.newSite(t, dbtest.New(t, d.Kind()), withLayout(l),
					gormsession.WithCodec(newSealing()))
				s.table, s.cookieName = l.Table, l.Cookie
				asStored := func(key string) string {
					if l.HashedKeys {
						return stored(key)
					}
					return key
				}
				ann := s.start(map[string]any{"name": "Ann", "admin": true})
				eve := s.start(map[string]any{"name": "Eve"})
				taken := s.rows()[asStored(ann)].data
				s.exec("UPDATE "+l.Table+" SET session_data = ? WHERE session_key = ?",
					taken, asStored(eve))
				got := s.visit(eve, func(c *Call) {
					c.JSON(http.StatusOK, c.Session().Keys())
				})
				if got.status != http.StatusOK || got.body != "null" && got.body != "[]" {
					t.Errorf("with the data of another: %d %s", got.status, got.body)
				}
				s.log.wants(t, corrupted)
				if got := s.visit(ann, readName); got.body != `"Ann"` {
					t.Errorf("whose it is: %d %s", got.status, got.body)
				}
				row := gormsession.Session{SessionKey: asStored(eve), SessionData: taken}
				_, err := s.plugin.Entries(row)
				if err == nil || strings.Contains(err.Error(), taken) {
					t.Errorf("Entries of a swapped row: %v", err)
				}
			})
		}
	})
}

// Wherever a session gets another row, or a row another text, the text is made for that row: at a
// replay, at a cycle, for a key that was taken, and in each way between two tables.
func (on behind) TestSealedTextFollowsItsRow(t *testing.T) {
	sealed := gormsession.WithCodec(newSealing())
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		for name, opts := range map[string][]gormsession.Option{
			"in place":  nil,
			"replaced":  {gormsession.WithReplacedRows()},
			"WithModel": {gormsession.WithModel(visitor), gormsession.WithTable("web_sessions")},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				keys := &keyring{}
				opts := append(opts, sealed, on.inside.WithNewKey(keys.newKey))
				s := on.newSiteWith(t, dbtest.New(t, d.Kind()), &gorm.Config{}, opts...)
				holds := func(what, key string, want ...any) {
					t.Helper()
					got := s.entries(key)
					for i := 0; i < len(want); i += 2 {
						if got[want[i].(string)] != want[i+1] {
							t.Errorf("%s: the session holds %v\n%s", what, got, s.log)
						}
					}
					var rows []gormsession.Session
					if err := s.db.Table("web_sessions").Find(&rows).Error; err != nil {
						t.Fatal(err)
					}
					for _, row := range rows {
						if _, err := s.plugin.Entries(row); err != nil {
							t.Errorf("%s: a row is not sealed for itself: %v", what, err)
						}
					}
				}
				key := s.start(map[string]any{"n": 1})
				s.visit(key, writeName("Ann"))
				holds("update", key, "n", int64(1), "name", "Ann")
				s.visit(key, func(c *Call) {
					_ = c.Session().Load()
					s.visit(key, increment)
					increment(c)
				})
				holds("replay", key, "n", int64(3), "name", "Ann")
				s.visit(key, func(c *Call) { increment(c); saves(c); increment(c) })
				holds("Save, then more", key, "n", int64(5))
				key = s.visit(key, pageC).cookie.Value
				holds("cycle", key, "n", int64(5))
				key = s.visit(key, func(c *Call) {
					_ = c.Session().Load()
					s.visit(key, increment)
					increment(c)
					pageC(c)
				}).cookie.Value
				holds("cycle and replay", key, "n", int64(7))
				keys.repeat(key)
				other := s.start(map[string]any{"n": 100})
				holds("a key that is taken", other, "n", int64(100))
				keys.repeat(key, key)
				other = s.visit(other, func(c *Call) { increment(c); pageC(c) }).cookie.Value
				holds("a cycle to a key that is taken", other, "n", int64(101))
				holds("whose key it is", key, "n", int64(7))
				if len(s.rows()) != 2 {
					t.Errorf("%d rows", len(s.rows()))
				}
			})
		}
	})
}

// Between two tables: keys that are hashed in one and not in the other, and two codecs that seal.
func (on cases) TestSealedTextMoves(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		db := d.Open(t)
		cookie := gormsession.WithCookieName("session")
		sealed := gormsession.WithCodec(newSealing())
		former := []gormsession.Option{withLayout(layout.Django()), sealed}
		before := on.newSiteOn(t, db, append(former, cookie)...)
		before.table = "django_session"
		var all []string
		for range 4 {
			all = append(all, before.start(map[string]any{"n": 1}))
		}
		s := on.newSiteOn(t, db, sealed, cookie, gormsession.WithFormer(former...))
		for i := range all {
			if got := s.visit(all[i], increment); got.body != "2" {
				t.Fatalf("in the former table: %d %s\n%s", got.status, got.body, s.log)
			}
		}
		all[0] = s.visit(all[0], func(c *Call) { increment(c); pageC(c) }).cookie.Value
		got := s.visit(all[1], func(c *Call) { // moved while the request runs
			_ = c.Session().Load()
			if m, err := s.plugin.MoveFormer(context.Background()); err != nil || m.Rows != 3 {
				t.Errorf("moved %+v, %v", m, err)
			}
			increment(c)
		})
		if got.status != http.StatusOK {
			t.Errorf("moved meanwhile: %d\n%s", got.status, s.log)
		}
		for i, want := range []string{"3", "3", "2", "2"} {
			if got := s.visit(all[i], showCounter); got.body != want {
				t.Errorf("session %d: %d %s", i, got.status, got.body)
			}
		}
		var rows []gormsession.Session
		if err := db.Find(&rows).Error; err != nil || len(rows) != 4 {
			t.Errorf("%d rows, %v", len(rows), err)
		}
		for _, row := range rows {
			if _, err := s.plugin.Entries(row); err != nil {
				t.Error(err)
			}
		}
	})
}
