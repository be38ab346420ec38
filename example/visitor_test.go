package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/seed7368b609/gormsession"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.TestMode)
	os.Exit(m.Run())
}

// openShop serves the shop that main serves, on a database of its own.
func openShop(t *testing.T, options ...gormsession.Option) (base string, db *gorm.DB) {
	t.Helper()
	db, err := openDatabase(filepath.Join(t.TempDir(), "shop.db"), logger.Silent)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeDatabase(db) })
	shop, err := newShop(db, options...)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(shop)
	t.Cleanup(server.Close)
	return server.URL, db
}

// rows counts the sessions in the database.
func rows(t *testing.T, db *gorm.DB) int64 {
	t.Helper()
	var n int64
	if err := db.Model(&gormsession.Session{}).Count(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}

// visitor is somebody with a browser: a client with a cookie jar that shows
// redirects instead of following them.
type visitor struct {
	t      *testing.T
	base   string
	client *http.Client
	agent  string // what the browser calls itself, if anything
}

func visit(t *testing.T, base string, cookies ...*http.Cookie) *visitor {
	jar, _ := cookiejar.New(nil)
	v := &visitor{t: t, base: base, client: &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	jar.SetCookies(v.url("/"), cookies)
	return v
}

func (v *visitor) url(path string) *url.URL {
	u, err := url.Parse(v.base + path)
	if err != nil {
		v.t.Fatal(err)
	}
	return u
}

// do sends a request and reads all of the answer. It may be called from any
// goroutine.
func (v *visitor) do(
	method, path string, form url.Values, header ...string,
) (*http.Response, string) {
	v.t.Helper()
	req, err := http.NewRequest(method, v.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Error(err)
		return &http.Response{}, ""
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("User-Agent", v.agent)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := v.client.Do(req)
	if err != nil {
		v.t.Error(err)
		return &http.Response{}, ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Error(err)
	}
	return resp, string(body)
}

// open reads a page that must be there.
func (v *visitor) open(path string) string {
	v.t.Helper()
	resp, body := v.do(http.MethodGet, path, nil)
	if resp.StatusCode != http.StatusOK {
		v.t.Fatalf("GET %s: %d\n%s", path, resp.StatusCode, body)
	}
	return body
}

// submit posts a form, which must answer with a redirect to where, and reads
// the page behind it.
func (v *visitor) submit(path, where string, pairs ...string) (*http.Response, string) {
	v.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	resp, body := v.do(http.MethodPost, path, form)
	if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != where {
		v.t.Fatalf("POST %s: %d to %q, want 303 to %q\n%s", path, resp.StatusCode,
			resp.Header.Get("Location"), where, body)
	}
	return resp, v.open(where)
}

func (v *visitor) logIn() (*http.Response, string) {
	v.t.Helper()
	return v.submit("/login", "/account", "name", "ada", "password", users[0].Password)
}

// cookie returns the session cookie that the visitor has, or one without value.
func (v *visitor) cookie() *http.Cookie {
	for _, c := range v.client.Jar.Cookies(v.url("/")) {
		if c.Name == "session" {
			return c
		}
	}
	return &http.Cookie{Name: "session"}
}

// sent returns the session cookie that a response sets.
func sent(t *testing.T, resp *http.Response) *http.Cookie {
	t.Helper()
	cookies := resp.Cookies()
	if len(cookies) != 1 || cookies[0].Name != "session" {
		t.Fatalf("cookies of the response: %v, want one named session", cookies)
	}
	return cookies[0]
}

var (
	quantities = regexp.MustCompile(`id="quantity-(\w+)"[^>]* value="(\d+)"`)
	messages   = regexp.MustCompile(`<p class="message" role="(\w+)">([^<]*)</p>`)
)

// inCart reads the quantities off the cart's page.
func (v *visitor) inCart() cart {
	v.t.Helper()
	items := cart{}
	for _, m := range quantities.FindAllStringSubmatch(v.open("/cart"), -1) {
		items[m[1]], _ = strconv.Atoi(m[2])
	}
	return items
}

// shown returns the messages of a page, each as "role: text".
func shown(page string) (all []string) {
	for _, m := range messages.FindAllStringSubmatch(page, -1) {
		all = append(all, m[1]+": "+m[2])
	}
	return all
}
