package comparison

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode) // routes are not worth printing
	gin.DefaultErrorWriter = io.Discard
	log.SetOutput(io.Discard) // faults are what is tested
	os.Exit(dbtest.Main(m))
}

// site is an application of one library.
type site struct {
	*testing.T
	peer
	db     *gorm.DB
	engine *gin.Engine
	of     func(*gin.Context) session
	base   string
}

// each runs f with a site of each library.
func each(t *testing.T, f func(s *site)) {
	for _, p := range peers {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			f(open(t, p))
		})
	}
}

func open(t *testing.T, p peer) *site {
	t.Helper()
	s := &site{T: t, peer: p, engine: gin.New()}
	s.db = dbtest.New(t, dbtest.SQLite).Open(t)
	s.engine.Use(gin.Recovery())
	handler, of := p.mount(t, s.db, s.engine)
	s.of = of
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	s.base = server.URL

	s.handle("/untouched", func(c *gin.Context, _ session) { c.String(http.StatusOK, "ok") })
	s.handle("/user", func(c *gin.Context, in session) {
		c.String(http.StatusOK, "user %v", in.get("user"))
	})
	s.handle("/login", func(c *gin.Context, in session) { s.answer(c, in.logIn()) })
	s.handle("/logout", func(c *gin.Context, in session) { s.answer(c, in.logOut()) })
	return s
}

// handle adds a page. A session is looked for when the handler asks for it, and not before.
func (s *site) handle(path string, f func(c *gin.Context, in session)) {
	s.engine.GET(path, func(c *gin.Context) {
		if path == "/untouched" {
			f(c, nil)
			return
		}
		f(c, s.of(c))
	})
}

// answer is what a careful handler says at its end.
func (s *site) answer(c *gin.Context, err error) {
	if err != nil {
		c.String(http.StatusInternalServerError, "not done")
		return
	}
	c.String(http.StatusOK, "ok")
}

// client is somebody with a cookie jar.
type client struct {
	*site
	http.Client
}

func (s *site) client() *client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.Fatal(err)
	}
	return &client{s, http.Client{Jar: jar}}
}

// user is somebody who is logged in.
func (s *site) user() *client {
	c := s.client()
	c.page("/login")
	return c
}

// page gets one, as its status and its text.
func (c *client) page(path string) string {
	resp, err := c.Get(c.base + path)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Sprintf("%d, and %v", resp.StatusCode, err)
	}
	return fmt.Sprintf("%d %s", resp.StatusCode, body)
}

// cookie is the value that the client has, "" for none.
func (c *client) cookie() string {
	req, err := http.NewRequest(http.MethodGet, c.base, nil)
	if err != nil {
		c.Fatal(err)
	}
	for _, kept := range c.Jar.Cookies(req.URL) {
		if kept.Name == cookieName {
			return kept.Value
		}
	}
	return ""
}

// keys are those of the rows.
func (s *site) keys() (all []string) {
	s.Helper()
	if err := s.db.Table(s.table).Pluck(s.key, &all).Error; err != nil {
		s.Fatal(err)
	}
	return all
}

// is fails the test where a library does not do what the page says of it.
func (s *site) is(what, got string, want map[string]string) {
	s.Helper()
	if got != want[s.name] {
		s.Errorf("%s: %s, and the page says %s", what, got, want[s.name])
	}
}
