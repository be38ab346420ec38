package sessiontest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/driver/sqlite"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/sessiontest"
)

// application is what is tested: a shop with an account.
func application(plugin *gormsession.Plugin) http.Handler {
	gin.SetMode(gin.TestMode)
	r := gin.New()
	r.Use(ginsession.Handler(plugin))
	r.GET("/account", func(c *gin.Context) {
		user := ginsession.Get(c).UserID()
		if user == "" {
			c.Status(http.StatusUnauthorized)
			return
		}
		c.String(http.StatusOK, "user %s, cart %v", user, ginsession.Get(c).Get("cart"))
	})
	r.GET("/buy", func(c *gin.Context) { ginsession.Get(c).Set("cart", "tea") })
	r.GET("/logout", func(c *gin.Context) { ginsession.Get(c).LogOut() })
	return r
}

func newPlugin(t *testing.T, opts ...gormsession.Option) *gormsession.Plugin {
	t.Helper()
	plugin, err := gormsession.New(sessiontest.SQLite(t, sqlite.Open), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return plugin
}

func page(t *testing.T, c *sessiontest.Client, path string) string {
	t.Helper()
	response, err := c.Get(c.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.Status + " " + string(body)
}

// A client is logged in by one call, brings entries along, is apart from others, and tells what its
// session holds after what the application has done; also with the settings for production, whose
// cookie is for HTTPS alone, and with a cookie for a part of the site.
func TestClient(t *testing.T) {
	for name, opts := range map[string][]gormsession.Option{
		"defaults": nil, "production": {gormsession.Production(), gormsession.WithUsers()},
		"a path": {gormsession.WithPath("/shop")},
	} {
		t.Run(name, func(t *testing.T) {
			plugin := newPlugin(t, opts...)
			site := application(plugin)
			if name == "a path" {
				site = http.StripPrefix("/shop", site)
			}
			visitor := sessiontest.NewClient(t, site, plugin)
			if name == "a path" {
				visitor.URL += "/shop"
			}
			if got := page(t, visitor, "/account"); got != "401 Unauthorized " ||
				visitor.Entries() != nil {
				t.Errorf("a visitor: %s, %v", got, visitor.Entries())
			}
			ann := visitor.Another().With(map[string]any{"cart": "milk"}).LogIn(42)
			if got := page(t, ann, "/account"); got != "200 OK user 42, cart milk" {
				t.Errorf("logged in: %s", got)
			}
			page(t, ann, "/buy")
			if e := ann.Entries(); e["cart"] != "tea" {
				t.Errorf("what was set: %v", e)
			}
			page(t, visitor, "/buy")
			if e := visitor.Entries(); e["cart"] != "tea" || e["_user"] != nil {
				t.Errorf("another visitor: %v", e)
			}
			page(t, ann, "/logout")
			if e := ann.Entries(); e != nil {
				t.Errorf("after the logout: %v", e)
			}
		})
	}
}

// A handler is called with a recorder and a session that the test has made, and the session that it
// leaves is there to be looked at, whether it was there before or not.
func TestRequest(t *testing.T) {
	plugin := newPlugin(t)
	r := sessiontest.Request(t, plugin, httptest.NewRequest("GET", "/account", nil),
		func(s *gormsession.State) { s.LogIn("ann"); s.Set("cart", "milk") })
	w := httptest.NewRecorder()
	application(plugin).ServeHTTP(w, r)
	if w.Body.String() != "user ann, cart milk" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if e := sessiontest.Response(t, plugin, r, w.Result()); e["cart"] != "milk" {
		t.Errorf("afterwards: %v", e)
	}
	r, w = httptest.NewRequest("GET", "/buy", nil), httptest.NewRecorder()
	application(plugin).ServeHTTP(w, r)
	if e := sessiontest.Response(t, plugin, r, w.Result()); e["cart"] != "tea" {
		t.Errorf("a new session: %v", e)
	}
	r, w = httptest.NewRequest("GET", "/account", nil), httptest.NewRecorder()
	application(plugin).ServeHTTP(w, r)
	if e := sessiontest.Response(t, plugin, r, w.Result()); e != nil {
		t.Errorf("none: %v", e)
	}
}

// A client without cookies has the session of the header that it has sent, or was told.
func TestResponseToAKeyHeader(t *testing.T) {
	plugin := newPlugin(t, gormsession.WithKeyHeader("X-Session"))
	r, w := httptest.NewRequest("GET", "/buy", nil), httptest.NewRecorder()
	r.Header.Set("X-Session", "")
	application(plugin).ServeHTTP(w, r)
	key := w.Header().Get("X-Session")
	if e := sessiontest.Response(t, plugin, r, w.Result()); e["cart"] != "tea" {
		t.Errorf("a new session: %v", e)
	}
	r, w = httptest.NewRequest("GET", "/account", nil), httptest.NewRecorder()
	r.Header.Set("X-Session", key)
	application(plugin).ServeHTTP(w, r)
	if e := sessiontest.Response(t, plugin, r, w.Result()); e["cart"] != "tea" {
		t.Errorf("afterwards: %v", e)
	}
}

// Sessions end by the clock that the test sets.
func TestClock(t *testing.T) {
	clock := sessiontest.NewClock()
	plugin := newPlugin(t, clock.Option(), gormsession.WithLifetime(time.Hour))
	ann := sessiontest.NewClient(t, application(plugin), plugin).LogIn(1)
	clock.Advance(59 * time.Minute)
	if ann.Entries() == nil {
		t.Error("it has ended too early")
	}
	clock.Advance(3 * time.Minute)
	if got := page(t, ann, "/account"); got != "401 Unauthorized " {
		t.Errorf("it has not ended: %s", got)
	}
}

// All connections of the pool have the table, and writers wait for each other.
func TestSQLite(t *testing.T) {
	plugin := newPlugin(t)
	visitor := sessiontest.NewClient(t, application(plugin), plugin)
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			c := visitor.Another()
			if got := page(t, c, "/buy"); got != "200 OK " || c.Entries()["cart"] != "tea" {
				t.Errorf("%s, %v", got, c.Entries())
			}
		})
	}
	wg.Wait()
}
