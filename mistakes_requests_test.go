package gormsession_test

import (
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/httpsession"
)

// set is a handler that sets an entry.
func set(name string, v any) gin.HandlerFunc {
	return func(c *gin.Context) { ginsession.Get(c).Set(name, v) }
}

// A loop is a value that never comes to its end.
type loop struct{ Next *loop }

// What handlers do, and how they are mounted.
var mistakesOfHandlers = []mistake{
	{"ginsession.New with an option that makes no sense", func(m *maker) string {
		return m.panicked(func() { ginsession.New(m.db, gormsession.WithTable("")) })
	}},
	{"ginsession.Get, and the middleware is not mounted", func(m *maker) string {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequest("GET", "/", nil)
		return m.panicked(func() { ginsession.Get(c) })
	}},
	{"ginsession.GetFrom of a plugin that is not mounted", func(m *maker) string {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequest("GET", "/", nil)
		return m.panicked(func() { ginsession.GetFrom(c, m.plugin()) })
	}},
	{"ginsession.Handler of nil", func(m *maker) string {
		return m.panicked(func() { ginsession.Handler(nil) })
	}},
	{"httpsession.Get, and the handler is not wrapped", func(m *maker) string {
		return m.panicked(func() { httpsession.Get(httptest.NewRequest("GET", "/", nil)) })
	}},
	{"httpsession.GetFrom of a plugin that is not mounted", func(m *maker) string {
		return m.panicked(func() {
			httpsession.GetFrom(httptest.NewRequest("GET", "/", nil), m.plugin())
		})
	}},
	{"httpsession.Handler of nil", func(m *maker) string {
		return m.panicked(func() { httpsession.Handler(nil) })
	}},
	{"two plugins of one cookie on one route", func(m *maker) string {
		shop, office := m.plugin(), m.plugin(gormsession.WithTable("office"))
		r := gin.New()
		r.Use(ginsession.Handler(shop), ginsession.Handler(office))
		r.GET("/", set("name", "Ann"))
		r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
		return ""
	}},
	{"a Secure cookie over plain http", func(m *maker) string {
		r := gin.New()
		r.Use(ginsession.Handler(m.plugin(gormsession.Production())))
		r.GET("/", set("name", "Ann"))
		for range 3 { // a browser brings no cookie that it does not keep
			r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
		}
		return ""
	}},
	{"a cookie of another domain than the page's", func(m *maker) string {
		r := gin.New()
		r.Use(ginsession.Handler(m.plugin(gormsession.WithDomain("shop.example"))))
		r.GET("/", set("name", "Ann"))
		for range 3 {
			r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
		}
		return ""
	}},
	{"two cookies of the session's name", func(m *maker) string {
		plugin := m.plugin()
		r := gin.New()
		r.Use(ginsession.Handler(plugin))
		r.GET("/", func(c *gin.Context) { ginsession.Get(c).Get("name") })
		request := httptest.NewRequest("GET", "/", nil)
		for _, letter := range []string{"a", "b"} {
			request.AddCookie(&http.Cookie{
				Name: plugin.CookieName(), Value: strings.Repeat(letter, 32)})
		}
		r.ServeHTTP(httptest.NewRecorder(), request)
		return ""
	}},
	{"a write after the request has ended", func(m *maker) string {
		var kept *ginsession.State
		plugin := m.plugin()
		m.visit(plugin, func(c *gin.Context) { kept = ginsession.Get(c) })
		kept.Set("name", "Ann")
		return ""
	}},
	{"a first read after the header has left", handled(func(c *gin.Context) {
		c.Writer.Flush()
		ginsession.Get(c).Get("name")
	})},
	{"a login after the header has left", handled(func(c *gin.Context) {
		c.Writer.Flush()
		ginsession.Get(c).LogIn(42)
	})},
	{"a new session after the header has left", func(m *maker) string {
		return m.visit(m.plugin(), func(c *gin.Context) {
			c.Writer.Flush()
			ginsession.Get(c).Set("name", "Ann")
		})
	}},
	{"a page that is public, and sets the cookie", handled(func(c *gin.Context) {
		c.Header("Cache-Control", "public, max-age=60")
		ginsession.Get(c).Set("name", "Bob")
	})},
	{"the deletion of one's own row", func(m *maker) string {
		return m.visit(m.plugin(), set("name", "Ann"), func(c *gin.Context) {
			s := ginsession.Get(c)
			s.Get("name")
			_ = m.db.Where("1 = 1").Delete(&gormsession.Session{})
			s.Set("name", "Bob")
		})
	}},
	{"a cookie that WithCookieFor may not set", broken(
		func(s *ginsession.State) { s.Set("name", "Bob") },
		gormsession.WithCookieFor(func(*http.Request) (c gormsession.CookieAttributes) {
			c.Path = "shop"
			return c
		}))},
	{"a domain that WithCookieFor has from the Host header", func(m *maker) string {
		return m.visit(m.plugin(gormsession.WithCookieFor(
			func(r *http.Request) (c gormsession.CookieAttributes) {
				c.Domain = "example.com:8080"
				return c
			})), set("name", "Ann"))
	}},
}

// transactionInHandler has a handler load its session while it holds a transaction.
func (m *maker) transactionInHandler() string {
	plugin := m.plugin(gormsession.WithTimeout(50 * time.Millisecond))
	return m.visit(plugin, set("name", "Ann"), func(c *gin.Context) {
		_ = m.db.Transaction(func(*gorm.DB) error { return ginsession.Get(c).Load() })
	})
}

// What calls are given.
var mistakesOfCalls = []mistake{
	{"a channel", broken(func(s *ginsession.State) { s.Set("news", make(chan int)) })},
	{"a function", broken(func(s *ginsession.State) { s.Set("price", func() {}) })},
	{"NaN", broken(func(s *ginsession.State) { s.Set("price", math.NaN()) })},
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
