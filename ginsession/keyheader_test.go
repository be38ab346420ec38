package ginsession_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// headerSite is a site whose sessions, and those of another plugin, have their keys in headers too.
func headerSite(t *testing.T) (s *site, other gin.HandlerFunc, bring func(path string) *answer) {
	s = newSite(t, gormsession.WithKeyHeader("X-Session"))
	plugin := s.newPlugin(gormsession.WithTable("others"), gormsession.WithCookieName("other"),
		gormsession.WithKeyHeader("X-Other"))
	s.engine.GET("/begin", s.session, ginsession.Handler(plugin), func(c *gin.Context) {
		ginsession.GetFrom(c, s.plugin).Set("k", "old")
		ginsession.GetFrom(c, plugin).Set("k", "old")
	})
	a := s.send("GET", "/begin", func(r *http.Request) {
		r.Header["X-Session"], r.Header["X-Other"] = []string{""}, []string{""}
	})
	h := a.response.Header
	ours, others := h.Get("X-Session"), h.Get("X-Other")
	if len(ours) != 32 || len(others) != 32 || ours == others || len(a.cookies()) != 0 {
		t.Fatalf("two sessions begin: %v", h)
	}
	return s, ginsession.Handler(plugin), func(path string) *answer {
		return s.send("GET", path, func(r *http.Request) {
			r.Header["X-Session"], r.Header["X-Other"] = []string{ours}, []string{others}
			r.Header.Set("Cookie", "a=b; session="+strings.Repeat("x", 32))
		})
	}
}

// Recoveries print no key that came in a header, of none of the plugins, and the page of the error
// still knows the session.
func TestRecoveryPrintsNoKeyOfAHeader(t *testing.T) {
	inMode(t, gin.DebugMode)
	s, other, bring := headerSite(t)
	var printed bytes.Buffer
	sorry := gin.CustomRecoveryWithWriter(&printed, func(c *gin.Context, _ any) {
		s.forward(c, "/sorry")
	})
	s.engine.GET("/sorry", s.session, func(c *gin.Context) {
		c.String(500, "sorry, %v", ginsession.Get(c).Get("k"))
	})
	var key string
	s.engine.GET("/", sorry, s.session, other, func(c *gin.Context) {
		key = ginsession.GetFrom(c, s.plugin).Key()
		panic("no")
	})
	a := bring("/")
	if a.status != 500 || a.body != "sorry, old" {
		t.Errorf("the error page: %d %q", a.status, a.body)
	}
	text := printed.String()
	if key == "" || strings.Contains(text, key) || strings.Contains(text, "X-Other") ||
		strings.Contains(text, "session=") ||
		!strings.Contains(text, "Cookie: a=b\r\n") {
		t.Errorf("printed: %s", text)
	}
}

// A middleware outside that lets caches keep a response with a key in its header is overruled as it
// is with a cookie.
func TestKeyHeaderIsKeptFromCachesOutside(t *testing.T) {
	s, _, bring := headerSite(t)
	for name, wish := range wishes {
		for path, page := range map[string]gin.HandlerFunc{
			"/empty": func(c *gin.Context) { ginsession.Get(c).CycleKey() },
			"/body":  func(c *gin.Context) { ginsession.Get(c).CycleKey(); c.String(200, "body") },
			"/end":   func(c *gin.Context) { ginsession.Get(c).Flush() },
		} {
			path = "/" + strings.ReplaceAll(name, " ", "-") + path
			s.engine.GET(path, func(c *gin.Context) { c.Next(); wish(c.Writer.Header()) }, s.session, page)
			a := bring(path)
			if _, told := a.response.Header["X-Session"]; !told {
				t.Errorf("%s: no key is told: %v", path, a.response.Header)
			}
			a.wantPrivate(t, path)
		}
	}
}

// What the commit of one session has told by its header goes out although the response of another
// one's plugin is replaced by an error, or dropped by a panic outside of it.
func TestKeyHeaderOfAReplacedResponse(t *testing.T) {
	s, other, bring := headerSite(t)
	fails := func(c *gin.Context) {
		c.Next()
		if c.Request.URL.Path == "/panic" {
			panic("in a middleware")
		}
		s.BreakWrites()
	}
	for _, path := range []string{"/error", "/panic"} {
		s.engine.GET(path, gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, _ any) {
			c.AbortWithStatus(500)
		}), other, func(c *gin.Context) { ginsession.Get(c).Set("n", 1) }, fails, s.session,
			func(c *gin.Context) { c.Header("X-Handler", "1"); ginsession.GetFrom(c, s.plugin).CycleKey() })
	}
	for path, status := range map[string]int{"/panic": 500, "/error": 503} {
		a := bring(path)
		s.Statements.Fail(nil)
		h := a.response.Header
		if a.status != status || len(h.Get("X-Session")) != 32 || h.Get("X-Handler") != "" {
			t.Errorf("%s: %d, %v", path, a.status, h)
		}
		a.wantPrivate(t, path)
	}
}

// A panic within two plugins tells the end of both.
func TestPanicPassesTwoKeyHeaders(t *testing.T) {
	s, other, bring := headerSite(t)
	s.engine.GET("/", gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, _ any) {
		c.AbortWithStatus(500)
	}), s.session, other, func(c *gin.Context) {
		ginsession.Get(c).Flush()
		ginsession.GetFrom(c, s.plugin).Flush()
		panic("no")
	})
	h := bring("/").response.Header
	for _, name := range []string{"X-Session", "X-Other"} {
		if lines, told := h[name]; !told || len(lines) != 1 || lines[0] != "" {
			t.Errorf("%s: %q", name, lines)
		}
	}
	if vary := h.Get("Vary"); vary != "Cookie, X-Other, X-Session" {
		t.Errorf("Vary: %q", vary)
	}
}

// Two plugins with one header are an error in the log, as two with one cookie are.
func TestTwoPluginsOfOneKeyHeader(t *testing.T) {
	s := newSite(t, gormsession.WithKeyHeader("X-Session"))
	again := ginsession.Handler(s.newPlugin(gormsession.WithCookieName("other"),
		gormsession.WithTable("others"), gormsession.WithKeyHeader("x-session")))
	s.engine.GET("/", s.session, again, func(*gin.Context) {})
	s.get("/")
	if log := s.Log.String(); strings.Count(log, "the same header") != 1 {
		t.Errorf("logged: %s", log)
	}
}
