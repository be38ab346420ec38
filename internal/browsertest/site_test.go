package browsertest

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

const visits = ginsession.Field[int]("visits")

// site is a small application that counts, and says who is logged in.
type site struct {
	t      *testing.T
	engine *gin.Engine
	port   string
}

// openSite serves one over plain HTTP, on a SQLite of its own, to every host of .test as well.
func openSite(t *testing.T, options ...gormsession.Option) *site {
	t.Helper()
	return serve(t, dbtest.New(t, dbtest.SQLite).Open(t), false, options...)
}

// openTLS is [openSite] over TLS.
func openTLS(t *testing.T, options ...gormsession.Option) *site {
	t.Helper()
	return serve(t, dbtest.New(t, dbtest.SQLite).Open(t), true, options...)
}

func serve(t *testing.T, db *gorm.DB, overTLS bool, options ...gormsession.Option) *site {
	t.Helper()
	session, err := gormsession.New(db, gormsession.WithOptions(options...))
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, engine: gin.New()}
	s.engine.GET("/favicon.ico", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	s.engine.Use(ginsession.Handler(session))
	s.engine.GET("/", func(c *gin.Context) { s.show(c, ginsession.Get(c)) })
	s.engine.POST("/count", func(c *gin.Context) {
		visits.Modify(ginsession.Get(c), func(n int) int { return n + 1 })
		c.Redirect(http.StatusSeeOther, "/")
	})
	s.engine.POST("/login", func(c *gin.Context) {
		ginsession.Get(c).LogIn("ada")
		c.Redirect(http.StatusSeeOther, "/")
	})
	s.engine.POST("/logout", func(c *gin.Context) {
		ginsession.Get(c).LogOut()
		c.Redirect(http.StatusSeeOther, "/bye")
	})
	s.engine.GET("/bye", func(c *gin.Context) { answer(c, "Bye.") })
	// What other sites embed counts at once, and tells them.
	s.engine.GET("/widget", func(c *gin.Context) {
		n := visits.Modify(ginsession.Get(c), func(n int) int { return n + 1 })
		answer(c, "", fmt.Sprintf(`<script>parent.postMessage(%d, "*")</script>`, n))
	})

	server := httptest.NewUnstartedServer(s.engine)
	if overTLS {
		server.TLS = &tls.Config{MinVersion: tls.VersionTLS13}
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	s.port = u.Port()
	return s
}

// show says who is logged in and what was counted, by what it may do next.
func (s *site) show(c *gin.Context, session *ginsession.State) {
	var buttons strings.Builder
	for _, action := range []string{"count", "login", "logout"} {
		fmt.Fprintf(&buttons, `<form method="post" action="/%s"><button>%s</button></form>`,
			action, action)
	}
	answer(c, fmt.Sprintf("user %q, count %d", session.UserID(), visits.Or(session, 0)),
		buttons.String())
}

// answer writes a page of HTML.
func answer(c *gin.Context, text string, more ...string) {
	c.Data(http.StatusOK, "text/html; charset=utf-8", []byte(
		`<!doctype html><html lang="en"><title>site</title><body><p>`+text+`</p>`+
			strings.Join(more, "")+`</body></html>`))
}

// at is the site's address by the name of a host, without a slash at its end.
func (s *site) at(scheme, host string) string { return scheme + "://" + host + ":" + s.port }

// here is the site's address over plain HTTP by the address of this machine.
func (s *site) here() string { return s.at("http", "127.0.0.1") }

// button is what does one of the things that the site's page offers.
func button(action string) string { return `form[action="/` + action + `"] button` }

// shows fails the test where the page does not show that.
func (b *tab) shows(want string) {
	b.t.Helper()
	if got := b.text(); !strings.Contains(got, want) {
		b.t.Errorf("%s shows %q, not %q", b.path(), got, want)
	}
}
