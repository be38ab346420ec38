package suite

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// refusesKey checks that what stands for a key is refused by all that take one, with what to call
// instead, without a statement, and without showing it.
func (s *site) refusesKey(name, key string) {
	s.t.Helper()
	ctx := context.Background()
	s.statements.Reset()
	_, exists := s.plugin.Exists(ctx, key)
	_, open := s.plugin.Open(ctx, key)
	gone := s.plugin.Delete(ctx, key)
	for call, err := range map[string]error{"Delete": gone, "Exists": exists, "Open": open} {
		said := fmt.Sprint(err)
		if !errors.Is(err, gormsession.ErrWrongKey) || !strings.Contains(said, "call Plugin.DeleteRow") {
			s.t.Errorf("%s of %s said %v", call, name, err)
		} else if strings.Contains(said, key) {
			s.t.Errorf("%s of %s shows it: %v", call, name, err)
		}
	}
	if asked := s.statements.All(); len(asked) > 0 {
		s.t.Errorf("%s: the database was asked %q", name, asked)
	}
}

// What a row or a log shows in the place of a key ends nothing, so it is refused; DeleteRow ends
// the session of a row, and no other.
func (on cases) TestRevokeADevice(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, c dbtest.Config) {
		t.Parallel()
		ctx := context.Background()
		s := on.newSiteWith(t, d, c.Gorm(), gormsession.WithModel(visitor))
		s.table = "visitor_sessions"
		phone, laptop := s.start(map[string]any{"account": 42}), s.start(map[string]any{"account": 42})
		var devices []visitorSession
		if err := s.db.Where("account_id = ?", 42).Find(&devices).Error; err != nil || len(devices) != 2 {
			t.Fatal(len(devices), err)
		}
		var row gormsession.Session
		got := s.visit(phone, func(c *Call) {
			for _, device := range devices {
				if device.Handle() == c.Session().Handle() {
					row = device.Session
				}
			}
		})
		if row.SessionKey != stored(phone) || got.status != http.StatusOK {
			t.Fatalf("the request does not find its own row by the handle: %v", row)
		}
		s.refusesKey("a row's hash", row.SessionKey)
		s.refusesKey("a row's hash in capitals", strings.ToUpper(row.SessionKey))
		s.refusesKey("a hash of nothing that is here", stored("nobody"))
		s.refusesKey("a handle", row.Handle())
		if found := s.entries(phone); found == nil {
			t.Error("a refusal has ended the session")
		}
		if err := s.plugin.DeleteRow(ctx, row); err != nil {
			t.Error(err)
		}
		if got := s.visit(phone, readName); got.body != "null" || len(s.rows()) != 1 {
			t.Errorf("after DeleteRow the session reads %s, and %d rows are left", got.body, len(s.rows()))
		}
		if err := s.plugin.DeleteRow(ctx, row); err != nil || s.entries(laptop) == nil {
			t.Errorf("a row that is gone: %v; the other device has %v", err, s.entries(laptop))
		}
		for name, key := range map[string]string{
			"no key": "", "a client's key": laptop, "a handle": row.Handle(),
		} {
			err := s.plugin.DeleteRow(ctx, gormsession.Session{SessionKey: key})
			if !errors.Is(err, gormsession.ErrWrongKey) {
				t.Errorf("a row with %s: %v", name, err)
			}
		}
		// Keys that are not there, or are malformed, are no error, as ever.
		for _, key := range []string{keyWithoutRow, "", "short", strings.Repeat("z", 64)} {
			if err := s.plugin.Delete(ctx, key); err != nil {
				t.Errorf("Delete(%q) said %v", key, err)
			}
		}
	})
}

// A database fault while a row is deleted is an error: nobody may think that the device is out.
func (on cases) TestRevokeThatFails(t *testing.T) {
	s := on.newSite(t, dbtest.New(t, dbtest.SQLite))
	key := s.start(map[string]any{"name": "Ann"})
	s.statements.Fail(failing("DELETE", errors.New("the disk is full")))
	err := s.plugin.DeleteRow(context.Background(), gormsession.Session{SessionKey: stored(key)})
	known := errors.Is(err, gormsession.ErrUnavailable)
	unknown := errors.Is(err, gormsession.ErrOutcomeUnknown) // without a transaction
	if !known && !unknown || strings.Contains(err.Error(), stored(key)) {
		t.Errorf("DeleteRow said %v", err)
	}
}

// Where keys are not hashed, as in Django's table, the row's key is the client's and works as it
// is.
func (on cases) TestRevokeOnDjangosLayout(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		ctx := context.Background()
		s := on.newSite(t, d, withLayout(layout.Django()))
		s.table, s.cookieName = "django_session", "sessionid"
		for name, end := range map[string]func(gormsession.Session) error{
			"Delete":    func(row gormsession.Session) error { return s.plugin.Delete(ctx, row.SessionKey) },
			"DeleteRow": func(row gormsession.Session) error { return s.plugin.DeleteRow(ctx, row) },
		} {
			key := s.start(map[string]any{"name": "Ann"})
			var row gormsession.Session
			if err := s.db.Table(s.table).Take(&row).Error; err != nil || row.SessionKey != key {
				t.Fatal(row, err)
			}
			if found, err := s.plugin.Exists(ctx, row.SessionKey); !found || err != nil {
				t.Errorf("Exists says %t, %v", found, err)
			}
			if err := end(row); err != nil || len(s.rows()) != 0 {
				t.Errorf("%s: %v, and %d rows are left", name, err, len(s.rows()))
			}
		}
		// No hash is in such a table, so a client's key that looks like one is unknown, and no
		// mistake.
		for _, key := range []string{stored("a"), stored("a")[:12]} {
			if found, err := s.plugin.Exists(ctx, key); found || err != nil {
				t.Errorf("Exists(%d digits) says %t, %v", len(key), found, err)
			}
		}
	})
}

// Of two tables a row of either is ended by any server that knows both, also if the session has
// moved since the row was read.
func (on cases) TestRevokeWithAFormerTable(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		ctx := context.Background()
		r := on.newRelocation(t, d)
		rowOf := func(s *site, key string) (row gormsession.Session) {
			t.Helper()
			if s == r.alone {
				key = stored(key)
			}
			if err := s.db.Table(s.table).Take(&row, "session_key = ?", key).Error; err != nil {
				t.Fatal(err)
			}
			return row
		}
		for name, server := range map[string]*site{"one": r.one, "two": r.two} {
			for where, home := range map[string]*site{"the old table": r.old, "the new table": r.alone} {
				key := home.start(map[string]any{"name": "Ann"})
				if err := server.plugin.DeleteRow(ctx, rowOf(home, key)); err != nil {
					t.Errorf("%s: a row of %s: %v", name, where, err)
				}
				if r.old.entries(key) != nil || r.alone.entries(key) != nil {
					t.Errorf("%s: the session of a row of %s lives on", name, where)
				}
				server.refusesKey("a hash", stored(key))
			}
		}
		key := r.old.start(map[string]any{"name": "Ann"})
		row := rowOf(r.old, key)
		if moved, err := r.two.plugin.MoveFormer(ctx); moved.Rows != 1 || err != nil {
			t.Fatal(moved, err)
		}
		if err := r.two.plugin.DeleteRow(ctx, row); err != nil || r.alone.entries(key) != nil {
			t.Errorf("a row that has moved since: %v, it has %v", err, r.alone.entries(key))
		}
	})
}
