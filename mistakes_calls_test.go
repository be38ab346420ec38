package gormsession_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// A loop is a value that never comes to its end.
type loop struct{ Next *loop }

// What calls are given.
var mistakesOfCalls = []mistake{
	{"a channel", broken(func(s *ginsession.State) { s.Set("news", make(chan int)) })},
	{"a function", broken(func(s *ginsession.State) { s.Set("price", func() {}) })},
	{"NaN", broken(func(s *ginsession.State) { s.Set("price", math.NaN()) })},
	{"a json.Number that is none", broken(func(s *ginsession.State) {
		s.Set("price", json.Number("twelve"))
	})},
	{"a value that holds itself", broken(func(s *ginsession.State) {
		endless := &loop{}
		endless.Next = endless
		s.Set("loop", endless)
	})},
	{"a value of too many levels", broken(func(s *ginsession.State) {
		var deep any
		for range 501 {
			deep = []any{deep}
		}
		s.Set("deep", deep)
	})},
	{"a value that is too large", broken(func(s *ginsession.State) {
		s.Set("file", strings.Repeat("x", 1<<20))
	})},
	{"too many entries", broken(func(s *ginsession.State) {
		s.Set("tea", 1)
		s.Set("cup", 1)
	}, gormsession.WithMaxEntries(2))},
	{"too many messages", broken(func(s *ginsession.State) {
		s.Flash("saved")
		s.Flash("saved")
	}, gormsession.WithMaxFlashes(1))},
	{"a name that is the library's own", broken(func(s *ginsession.State) {
		s.Set("_session_expiry", 60)
	})},
	{"an expiry beyond all years", broken(func(s *ginsession.State) {
		s.SetExpiryAt(time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC))
	})},
	{"a login of nobody", broken(func(s *ginsession.State) { s.LogIn("") })},
	{"a login of a struct", broken(func(s *ginsession.State) { s.LogIn(struct{ ID int }{42}) })},
	{"a Field of another type, read", broken(func(s *ginsession.State) {
		ginsession.Field[int]("name").Get(s)
	})},
	{"a Field of another type, modified", broken(func(s *ginsession.State) {
		ginsession.Field[int]("name").Modify(s, func(n int) int { return n + 1 })
	})},
	{"a function of Modify that sets", broken(func(s *ginsession.State) {
		s.Modify("n", func(any) any { s.Set("m", 1); return 1 })
	})},
	{"a function of WithModel that uses the session", func(m *maker) string {
		var s *ginsession.State
		return m.visit(m.plugin(gormsession.WithModel(
			func(row gormsession.Session, _ gormsession.Entries) themed {
				s.Get("name")
				return themed{Session: row}
			})), func(c *gin.Context) {
			s = ginsession.Get(c)
			s.Set("name", "Ann")
		})
	}},
	{"a login that its limit refuses", func(m *maker) string {
		login := func(c *gin.Context) { ginsession.Get(c).LogIn(42) }
		plugin := m.plugin(gormsession.WithUserLimitRefusing(1))
		m.visit(plugin, login)
		return m.visit(plugin, login)
	}},
	{"a Save after Discard", func(m *maker) string {
		s := m.opened(m.plugin(), "")
		s.Discard()
		return m.refusal(nil, s.Save())
	}},
	{"SaveIn without a transaction", func(m *maker) string {
		return m.refusal(nil, m.opened(m.plugin(), "").SaveIn(m.db))
	}},
	{"SaveIn of nil", func(m *maker) string {
		return m.refusal(nil, m.opened(m.plugin(), "").SaveIn(nil))
	}},
	{"SaveIn of a dry run", func(m *maker) string {
		return m.refusal(nil, m.opened(m.plugin(), "").SaveIn(
			m.db.Session(&gorm.Session{DryRun: true})))
	}},
	{"SaveIn of a transaction that has ended", func(m *maker) string {
		tx := m.db.Begin()
		s := m.opened(m.plugin(), "")
		tx.Rollback()
		return m.refusal(nil, s.SaveIn(tx))
	}},
	{"SaveIn of a transaction that stays open", func(m *maker) string {
		var tx *gorm.DB
		defer func() { tx.Rollback() }()
		return m.visit(m.plugin(), func(c *gin.Context) {
			tx = m.db.Begin()
			s := ginsession.Get(c)
			s.Set("name", "Ann")
			_ = s.SaveIn(tx)
		})
	}},
	{"the hash of a row in the place of a key", func(m *maker) string {
		plugin := m.plugin()
		var row gormsession.Session
		m.no(m.opened(plugin, "").Save())
		m.no(m.db.First(&row).Error)
		return m.refusal(plugin.Open(m.Context(), row.SessionKey))
	}},
	{"a handle in the place of a key", func(m *maker) string {
		plugin := m.plugin()
		s := m.opened(plugin, "")
		m.no(s.Save())
		return m.refusal(nil, plugin.Delete(m.Context(), s.Handle()))
	}},
	{"a row that was read without its key", func(m *maker) string {
		return m.refusal(nil, m.plugin().DeleteRow(m.Context(), gormsession.Session{}))
	}},
	{"a user's sessions without WithUsers", func(m *maker) string {
		return m.refusal(m.plugin().Sessions(m.Context(), 42))
	}},
	{"the sessions of nobody", func(m *maker) string {
		return m.refusal(m.plugin(gormsession.WithUsers()).Sessions(m.Context(), ""))
	}},
	{"the other sessions of nobody", func(m *maker) string {
		plugin := m.plugin(gormsession.WithUsers())
		return m.refusal(plugin.EndOthers(m.Context(), m.opened(plugin, "")))
	}},
	{"Reseal without a key", func(m *maker) string {
		return m.refusal(m.plugin().Reseal(m.Context()))
	}},
	{"FillUsers without an entry", func(m *maker) string {
		return m.refusal(m.plugin(gormsession.WithUsers()).FillUsers(m.Context(), ""))
	}},
	{"MoveFormer without a former table", func(m *maker) string {
		return m.refusal(m.plugin().MoveFormer(m.Context()))
	}},
	{"a server without the key that a row is sealed with", func(m *maker) string {
		key := make([]byte, 32)
		s := m.opened(m.plugin(gormsession.WithEncryption(key)), "")
		m.no(s.Save())
		other := append(make([]byte, 31), 1)
		return m.refusal(m.plugin(gormsession.WithEncryption(other)).Open(m.Context(), s.Key()))
	}},
	{"a database that has gone", func(m *maker) string {
		plugin := m.plugin()
		pool, err := m.db.DB()
		m.no(errors.Join(err, pool.Close()))
		return m.visit(plugin, set("name", "Ann"))
	}},
}

// opened opens a session outside of a request.
func (m *maker) opened(plugin *gormsession.Plugin, key string) *gormsession.State {
	m.Helper()
	s, err := plugin.Open(m.Context(), key)
	m.no(err)
	return s
}
