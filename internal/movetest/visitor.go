package movetest

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// A host serves one site, which may be replaced by another one once what runs has ended.
type host struct {
	*httptest.Server
	mu   sync.RWMutex
	site http.Handler
}

func newHost(t *testing.T, site http.Handler) *host {
	t.Helper()
	h := &host{site: site}
	// Over TLS, as some cookies are sent over nothing else.
	h.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.RLock()
		defer h.mu.RUnlock()
		h.site.ServeHTTP(w, r)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *host) deploy(site http.Handler) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.site = site
}

// A visitor is a browser.
type visitor struct {
	t    *testing.T
	host *host
	http.Client
}

func (h *host) visitor(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{t: t, host: h, Client: *h.Client()}
	v.Jar = jar
	return v
}

// page asks for one, by POST where the page changes something, and returns the answer.
func (v *visitor) page(path string) string {
	v.t.Helper()
	do := v.Get
	if !strings.HasPrefix(path, "/me") {
		do = func(url string) (*http.Response, error) { return v.Post(url, "", nil) }
	}
	res, err := do(v.host.URL + path)
	if err != nil {
		v.t.Error(err)
		return ""
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Error(err)
	}
	return string(body)
}

// wants asks for a page and compares the answer.
func (v *visitor) wants(path, want string) {
	v.t.Helper()
	if got := v.page(path); got != want {
		v.t.Errorf("%s: got %q, want %q", path, got, want)
	}
}

// logIn logs a user in, by whichever site there is.
func (v *visitor) logIn(user string) {
	v.t.Helper()
	v.wants("/login?user="+user, user+" 0")
}

func (h *host) url() *url.URL {
	u, _ := url.Parse(h.URL) // which the server has made
	return u
}

// cookie is the value of that one, "" if the browser has none.
func (v *visitor) cookie(name string) string {
	for _, c := range v.Jar.Cookies(v.host.url()) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// with is a browser that has one cookie alone.
func (h *host) with(t *testing.T, name, value string) *visitor {
	t.Helper()
	v := h.visitor(t)
	v.Jar.SetCookies(h.url(), []*http.Cookie{{Name: name, Value: value}})
	return v
}
