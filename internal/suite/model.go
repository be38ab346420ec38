package suite

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// visitorSession is Django's recipe of a session that knows whose it is, and more.
type visitorSession struct {
	gormsession.Session
	AccountID *int64 `gorm:"index"`
	Agent     string `gorm:"size:100;not null;default:''"`
	CreatedAt time.Time
	UpdatedAt time.Time
}

func (visitorSession) TableName() string { return "visitor_sessions" }

func visitor(row gormsession.Session, e gormsession.Entries) visitorSession {
	v := visitorSession{Session: row}
	if id, ok := e.Get("account").(int64); ok {
		v.AccountID = &id
	}
	v.Agent, _ = e.Get("agent").(string)
	return v
}

// newVisitorSite has GORM's own times by the clock of the test as well.
func (on ground) newVisitorSite(t *testing.T, d *dbtest.DB, opts ...gormsession.Option) *site {
	t.Helper()
	var s *site
	now := func() time.Time {
		if s == nil {
			return time.Time{}
		}
		return s.clock.Now()
	}
	opts = append([]gormsession.Option{gormsession.WithModel(visitor)}, opts...)
	s = on.newSiteWith(t, d, &gorm.Config{NowFunc: now}, opts...)
	s.table = "visitor_sessions"
	return s
}

// visitor reads the row with plain GORM.
func (s *site) visitor(key string) (v visitorSession) {
	s.t.Helper()
	if err := s.db.Take(&v, "session_key = ?", stored(key)).Error; err != nil {
		s.t.Fatal(err)
	}
	return v
}

// The columns follow the entries, at insert and at update, and are NULL and zero again when the
// entries go.
func (on cases) TestModelFollowsTheEntries(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newVisitorSite(t, d)
		sessionsOf := func(account int64) (n int64) {
			t.Helper()
			if err := s.db.Model(&visitorSession{}).Where("account_id = ?",
				account).Count(&n).Error; err != nil {
				t.Fatal(err)
			}
			return n
		}
		key := s.start(map[string]any{"account": 7, "agent": "Lynx"})
		s.start(map[string]any{"account": 7})
		anonymous := s.start(map[string]any{"n": 1})
		if n := sessionsOf(7); n != 2 {
			t.Errorf("%d sessions after two inserts", n)
		}
		if v := s.visitor(anonymous); v.AccountID != nil || v.Agent != "" {
			t.Errorf("nobody's session is %v's", v.AccountID)
		}
		s.visit(key, set("account", 8))
		if v := s.visitor(key); *v.AccountID != 8 || v.Agent != "Lynx" || sessionsOf(7) != 1 {
			t.Errorf("after an update: %d, %q", *v.AccountID, v.Agent)
		}
		s.visit(anonymous, set("account", 9))
		if sessionsOf(9) != 1 {
			t.Error("an update does not fill the column")
		}
		s.visit(key, func(c *Call) { c.Session().Pop("account"); c.Session().Delete("agent") })
		if v := s.visitor(key); v.AccountID != nil || v.Agent != "" {
			t.Errorf("after a Pop: %v, %q", v.AccountID, v.Agent)
		}
		got := s.visit(anonymous, pageC)
		if v := s.visitor(got.cookie.Value); *v.AccountID != 9 {
			t.Errorf("after a cycle: %d", *v.AccountID)
		}
		if s.visit(got.cookie.Value, pageF); sessionsOf(9) != 0 {
			t.Error("a flush leaves the row")
		}
	})
}

// After a replay the columns are those of what both requests did.
func (on cases) TestModelAfterAReplay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newVisitorSite(t, d)
		for _, page := range []func(*Call){set("n", 2), func(c *Call) { set("n", 2)(c); pageC(c) }} {
			key := s.start(map[string]any{"agent": "Lynx"})
			got := s.visit(key, func(c *Call) {
				c.Session().Get("n")
				s.visit(key, set("account", 7))
				page(c)
			})
			v := s.visitor(got.cookie.Value)
			if v.AccountID == nil || *v.AccountID != 7 || v.Agent != "Lynx" || v.SessionData != `{"account":7,"agent":"Lynx","n":2}` {
				t.Errorf("account %v, agent %q, data %s", v.AccountID, v.Agent, v.SessionData)
			}
			if got.reads() != 2 { // the other request's, and the one before the replay
				t.Error("nothing was replayed")
			}
		}
	})
}

// A touch leaves own columns alone, CreatedAt stays, and UpdatedAt goes with each save.
func (on cases) TestModelTimes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newVisitorSite(t, d)
		begin := s.clock.Now().Truncate(time.Second)
		s.clock.set(begin)
		key := s.start(map[string]any{"account": 7})
		if err := s.db.Model(&visitorSession{}).Where("1 = 1").UpdateColumn("agent",
			"by hand").Error; err != nil {
			t.Fatal(err)
		}
		check := func(what, agent string, updated time.Time) {
			t.Helper()
			v := s.visitor(key)
			if v.Agent != agent || !v.CreatedAt.Equal(begin) || !v.UpdatedAt.Equal(updated) ||
				*v.AccountID != 7 {
				t.Errorf("after %s: agent %q, created %v, updated %v", what, v.Agent, v.CreatedAt.Sub(begin),
					v.UpdatedAt.Sub(begin))
			}
		}
		check("the insert", "by hand", begin)
		s.clock.advance(24 * time.Hour)
		before := s.rows()[stored(key)].expire
		if s.visit(key, pageT); !s.rows()[stored(key)].expire.After(before) {
			t.Error("the touch did not renew the session")
		}
		check("a touch", "by hand", begin)
		s.clock.advance(24 * time.Hour)
		s.visit(key, set("n", 1))
		check("an update", "", s.clock.Now())
	})
}

// hookedSession has every hook of GORM's.
type hookedSession struct {
	gormsession.Session
	Account *int64
}

var hooks struct{ creates, updates, deletes atomic.Int64 }

func (*hookedSession) BeforeCreate(*gorm.DB) error { hooks.creates.Add(1); return nil }
func (*hookedSession) AfterCreate(*gorm.DB) error  { hooks.creates.Add(1); return nil }
func (*hookedSession) BeforeUpdate(*gorm.DB) error { hooks.updates.Add(1); return nil }
func (*hookedSession) AfterUpdate(*gorm.DB) error  { hooks.updates.Add(1); return nil }
func (*hookedSession) BeforeDelete(*gorm.DB) error { hooks.deletes.Add(1); return nil }
func (*hookedSession) AfterDelete(*gorm.DB) error  { hooks.deletes.Add(1); return nil }

// The hooks of a model run before and after what we write, though the handle says that it skips
// hooks.
func (on cases) TestModelHooksRun(t *testing.T) {
	model := gormsession.WithModel(func(
		row gormsession.Session, _ gormsession.Entries,
	) hookedSession {
		return hookedSession{Session: row}
	})
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) { // one after the other, as they share the counts
		db := d.Open(t)
		s := on.newSiteOn(t, db.Session(&gorm.Session{SkipHooks: true}), model)
		hooks.creates.Store(0)
		hooks.updates.Store(0)
		hooks.deletes.Store(0)
		key := s.start(map[string]any{"n": 1})
		s.visit(key, set("n", 2))
		got := s.visit(key, pageC)
		s.visit(got.cookie.Value, pageF)
		if c, u, d := hooks.creates.Load(), hooks.updates.Load(), hooks.deletes.Load(); c != 2 ||
			u != 4 || d != 2 {
			t.Errorf("%d hooks of creates, %d of updates, %d of deletes; want 2, 4, 2", c, u, d)
		}
	})
}

// The three columns of Session are ours, whatever the function made of them.
func (on cases) TestModelKeepsOurColumns(t *testing.T) {
	meddle := func(row gormsession.Session, e gormsession.Entries) visitorSession {
		v := visitor(row, e)
		v.SessionKey, v.SessionData, v.ExpireDate = "mine", "mine", gormsession.Expiry{}
		e["n"] = "mine"
		return v
	}
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		s := on.newVisitorSite(t, d, gormsession.WithModel(meddle))
		key := s.start(map[string]any{"n": 1})
		s.visit(key, set("m", 2))
		row := s.rows()[stored(key)]
		if row.data != `{"m":2,"n":1}` || !row.expire.After(s.clock.Now()) {
			t.Errorf("the row is %v", row)
		}
		if got := s.visit(key, func(c *Call) { c.JSON(http.StatusOK, c.Session().Keys()) }); got.body != `["m","n"]` {
			t.Errorf("the session is %s", got.body)
		}
		s.clock.advance(24 * time.Hour)
		s.visit(key, pageT)
		got := s.visit(key, pageC)
		if s.visit(got.cookie.Value, pageF); len(s.rows()) != 0 {
			t.Errorf("%d rows are left", len(s.rows()))
		}
	})
}
