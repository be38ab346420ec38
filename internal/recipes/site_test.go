package recipes

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/sessiontest"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode) // routes are not worth printing
	os.Exit(m.Run())
}

// database is one for a test.
func database(t *testing.T) *gorm.DB { return sessiontest.SQLite(t, sqlite.Open) }

// sessions are those of a database for a test.
func sessions(t *testing.T, opts ...gormsession.Option) *gormsession.Plugin {
	t.Helper()
	return must(gormsession.New(database(t), opts...))(t)
}

// must ends the test at an error.
func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// site serves routes, and pages that show whose session it is and end it.
func site(
	t *testing.T, plugin *gormsession.Plugin, routes func(r *gin.Engine),
) *sessiontest.Client {
	t.Helper()
	r := gin.New()
	r.Use(ginsession.Handler(plugin))
	known(r).GET("/account", func(c *gin.Context) {
		c.String(http.StatusOK, "user %s", ginsession.Get(c).UserID())
	})
	r.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "%v", ginsession.Get(c).Flashes()) })
	r.POST("/logout", func(c *gin.Context) { ginsession.Get(c).LogOut() })
	if routes != nil {
		routes(r)
	}
	return sessiontest.NewClient(t, r, plugin)
}

// get is what a page answers.
func get(t *testing.T, c *sessiontest.Client, path string) string {
	t.Helper()
	return answer(t, must(c.Get(c.URL+path))(t))
}

// post is what a form answers, of names and values in turn.
func post(t *testing.T, c *sessiontest.Client, path string, fields ...string) string {
	t.Helper()
	return answer(t, must(c.PostForm(c.URL+path, form(fields...)))(t))
}

func form(fields ...string) url.Values {
	values := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	return values
}

// answer is the status and the body of a response, and the body alone of 200.
func answer(t *testing.T, response *http.Response) string {
	t.Helper()
	defer response.Body.Close()
	body := must(io.ReadAll(response.Body))(t)
	if response.StatusCode == http.StatusOK {
		return string(body)
	}
	return fmt.Sprint(response.StatusCode, " ", string(body))
}

// want compares what was said.
func want(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got %q, not %q", got, want)
	}
}

// stay has a client not follow redirects.
func stay(c *sessiontest.Client) *sessiontest.Client {
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}

// rows is how many sessions a table has.
func rows(t *testing.T, db *gorm.DB) (n int64) {
	t.Helper()
	if err := db.Model(&gormsession.Session{}).Count(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}
