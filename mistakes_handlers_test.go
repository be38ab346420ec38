package gormsession_test

import (
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
