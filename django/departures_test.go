package django_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/django"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/djangotest"
)

// withCookies is a browser that sends that Cookie header, whatever it is told.
type withCookies string

// RoundTrip implements http.RoundTripper.
func (header withCookies) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Cookie", string(header))
	return http.DefaultTransport.RoundTrip(r)
}

// Of two cookies of the name Django takes the last one, Go the last one that can be a key. A key
// that PostgreSQL cannot look up is a 500 in Django, and unknown in Go.
func TestDoubtfulCookies(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t, dbtest.Postgres)
	site := djangotest.Start(t, djangotest.V42, d, nil)
	site.Migrate(t)
	db := d.Open(t)
	r := gin.New()
	r.Use(ginsession.New(db, django.Compatible(django.Config{SecretKey: djangotest.SecretKey})))
	r.GET("/", func(c *gin.Context) { c.JSON(http.StatusOK, ginsession.Get(c).Get("a")) })
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)

	keys := map[int]string{}
	for a := range 2 {
		reply := site.Must(t, &http.Client{}, step{"set", "a", a})
		keys[a], _, _ = strings.Cut(strings.TrimPrefix(reply.Header.Get("Set-Cookie"), "sessionid="), ";")
	}
	for _, c := range []struct{ cookies, django, gin string }{
		{"sessionid=" + keys[0] + "; sessionid=" + keys[1], "1", "1"},
		{"sessionid=" + keys[1] + "; sessionid=" + keys[0], "0", "0"},
		{"sessionid=" + keys[1] + "; sessionid=short", "null", "1"},
		{`sessionid="` + keys[1] + `\000"`, "500", "null"},
	} {
		client := &http.Client{Transport: withCookies(c.cookies)}
		reply, err := site.Do(client, step{"get", "a"})
		if err != nil {
			t.Fatal(err)
		}
		got := "500"
		if reply.Status == http.StatusOK {
			got = string(reply.Results[0])
		}
		if got != c.django {
			t.Errorf("%q: Django reads %s, not %s", c.cookies, got, c.django)
		}
		res, err := client.Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || string(body) != c.gin || res.StatusCode != http.StatusOK {
			t.Errorf("%q: Go reads %s with status %d, %v, not %s", c.cookies, body, res.StatusCode, err,
				c.gin)
		}
	}
}
