package django_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/djangotest"
)

// A Django that goes by X-Forwarded-Proto.
var behindTLS = djangotest.Settings{
	"SECURE_PROXY_SSL_HEADER": []string{"HTTP_X_FORWARDED_PROTO", "https"},
	"SECURE_SSL_REDIRECT":     true,
	"CSRF_COOKIE_SECURE":      true, "SESSION_COOKIE_SECURE": true,
	"MIDDLEWARE": []string{"django.middleware.security.SecurityMiddleware",
		"django.contrib.sessions.middleware.SessionMiddleware",
		"django.middleware.csrf.CsrfViewMiddleware",
		"django.contrib.auth.middleware.AuthenticationMiddleware"},
}

// Where TLS ends at a server in front of the Go program, Django hears that the client speaks https:
// pages are no redirects to themselves, and forms are taken.
func TestDocumentBehindTLS(t *testing.T) {
	t.Parallel()
	djangotest.Each(t, func(t *testing.T, version djangotest.Version) {
		t.Parallel()
		site := djangotest.Start(t, version, dbtest.New(t, dbtest.SQLite), behindTLS)
		program := httptest.NewServer(handingOn(parse(t, site.URL), local))
		t.Cleanup(program.Close)
		front := httptest.NewTLSServer(handOn(parse(t, program.URL), netip.Prefix{})) // believes nobody
		t.Cleanup(front.Close)
		client := front.Client()
		client.Jar, _ = cookiejar.New(nil)
		client.CheckRedirect = func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}

		page := answer(t, client, http.MethodGet, front.URL+"/form/", nil)
		token := regexp.MustCompile(`name="csrfmiddlewaretoken" value="([^"]+)"`).FindStringSubmatch(page)
		if token == nil {
			t.Fatalf("the page is %s", page)
		}
		form := url.Values{"csrfmiddlewaretoken": {token[1]}}
		if got := answer(t, client, http.MethodPost, front.URL+"/form/",
			form); got != "200 saved by https" {
			t.Errorf("the form was answered with %.200s", got)
		}
		got := answer(t, client, http.MethodGet, front.URL+"/form/?q=100%&a;b", nil)
		if !strings.HasPrefix(got, "200 ") {
			t.Errorf("a query that Go cannot parse: %.200s", got)
		}

		// From anybody else the header is a claim: who speaks http is sent to https.
		elsewhere := httptest.NewServer(handingOn(parse(t, site.URL),
			netip.MustParsePrefix("192.0.2.0/24")))
		t.Cleanup(elsewhere.Close)
		r := httptest.NewRequest(http.MethodGet, elsewhere.URL+"/form/", nil)
		r.RequestURI = ""
		r.Header.Set("X-Forwarded-Proto", "https")
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		location := res.Header.Get("Location")
		if res.StatusCode != http.StatusMovedPermanently || !strings.HasPrefix(location, "https://") {
			t.Errorf("who only says https gets %d %s", res.StatusCode, location)
		}
	})
}

// What Django is told of a request, by whom.
func TestDocumentProxyHeaders(t *testing.T) {
	names := []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"}
	var got http.Header
	var query string
	upstream := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got, query = r.Header, r.URL.RawQuery
	}))
	t.Cleanup(upstream.Close)
	said := map[string]string{names[0]: "192.0.2.7", names[1]: "shop.example", names[2]: "https"}
	for _, c := range []struct {
		front string
		said  map[string]string
		want  []string
	}{
		{"127.0.0.0/8", said, []string{"192.0.2.7, 127.0.0.1", "shop.example", "https"}},
		{"127.0.0.0/8", nil, []string{"127.0.0.1", "go.example", "http"}},
		{"192.0.2.0/24", said, []string{"127.0.0.1", "go.example", "http"}},
		{"::1/128", said, []string{"127.0.0.1", "go.example", "http"}},
	} {
		program := httptest.NewServer(handingOn(parse(t, upstream.URL), netip.MustParsePrefix(c.front)))
		t.Cleanup(program.Close)
		r := httptest.NewRequest(http.MethodGet, program.URL+"/a?q=100%&b;c", nil)
		r.RequestURI, r.Host = "", "go.example"
		for name, value := range c.said {
			r.Header.Set(name, value)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		for i, name := range names {
			if got.Get(name) != c.want[i] {
				t.Errorf("front %s, said %v: %s is %q, want %q", c.front, c.said, name, got.Get(name),
					c.want[i])
			}
		}
		if query != "q=100%&b;c" {
			t.Errorf("the query is %s", query)
		}
	}
}

// A form whose end is looked at late: not before the answer has begun to arrive.
type lateForm struct {
	io.ReadCloser
	left     int64
	answered <-chan struct{}
	end      chan<- error // what the look came to
}

func (f *lateForm) Read(p []byte) (int, error) {
	if f.left > 0 {
		n, err := f.ReadCloser.Read(p)
		f.left -= int64(n)
		return n, err
	}
	<-f.answered
	n, err := f.ReadCloser.Read(p)
	f.end <- err
	return n, err
}

// An answer that begins while the proxy is not done with the form arrives whole. Django's do begin
// at once where no middleware has given them a Content-Length.
func TestDocumentAnswerToForm(t *testing.T) {
	t.Parallel()
	answered, end, looked := make(chan struct{}), make(chan error, 1), make(chan struct{})
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.CopyN(io.Discard, r.Body, r.ContentLength)
		_ = http.NewResponseController(w).Flush()
		<-looked
		_, _ = io.WriteString(w, "saved")
	}))
	t.Cleanup(upstream.Close)
	proxy := handingOn(parse(t, upstream.URL), local)
	program := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = &lateForm{r.Body, r.ContentLength, answered, end}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(program.Close)
	res, err := http.PostForm(program.URL+"/form/", url.Values{"name": {"alice"}})
	close(answered)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := <-end; err != io.EOF {
		t.Errorf("the form ends with %v, and not with its end", err)
	}
	close(looked)
	if body, err := io.ReadAll(res.Body); err != nil || string(body) != "saved" {
		t.Errorf("the answer is %q, %v", body, err)
	}
}

// The sessions of step 4 work on plain http, and their cookie is Secure where TLS ends in front.
func TestDocumentCookieOnPlainHTTP(t *testing.T) {
	t.Setenv("SECRET_KEY", djangotest.SecretKey)
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	plugin, err := openSessions(db)
	if err != nil {
		t.Fatal(err)
	}
	program := httptest.NewServer(serve(gin.New(), db, plugin, 6))
	t.Cleanup(program.Close)
	client := &http.Client{}
	client.Jar, _ = cookiejar.New(nil)
	for _, want := range []string{`200 {"tea":1}`, `200 {"tea":2}`} {
		if got := answer(t, client, http.MethodPost, program.URL+"/cart/tea/",
			url.Values{}); got != want {
			t.Errorf("the cart is %s, want %s", got, want)
		}
	}
	r, err := http.NewRequest(http.MethodPost, program.URL+"/cart/tea/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Forwarded-Proto", "https")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if cookie := res.Header.Get("Set-Cookie"); !strings.Contains(cookie, "; Secure") {
		t.Errorf("behind TLS the cookie is %s", cookie)
	}
}

func parse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// answer is the status and the body that a browser gets, which says where its form comes from.
func answer(t *testing.T, client *http.Client, method, address string, form url.Values) string {
	t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if method == http.MethodPost {
		r.Header.Set("Origin", parse(t, address).Scheme+"://"+parse(t, address).Host)
		r.Header.Set("Referer", address)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.Status[:3] + " " + string(body)
}
