package movetest

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"testing"
)

// Shop goes through the shop whose handlers the pages on moving show, before and after: both give
// the same answers.
func Shop(t *testing.T, shop http.Handler) {
	t.Helper()
	server := httptest.NewTLSServer(shop)
	defer server.Close()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := server.Client()
	browser.Jar = jar
	for _, step := range []struct{ act, home string }{
		{"", "stranger, visit 1, 0 in the cart"},
		{"/cart?item=tea", "stranger, visit 2, 1 in the cart"},
		{"/login", "Welcome back! user 42, visit 3, 1 in the cart"},
		{"", "user 42, visit 4, 1 in the cart"},
		{"/cart?item=milk", "user 42, visit 5, 2 in the cart"},
		{"/logout", "stranger, visit 1, 0 in the cart"},
	} {
		ask := func() (*http.Response, error) { return browser.Get(server.URL) }
		if step.act != "" { // which leads there
			ask = func() (*http.Response, error) { return browser.Post(server.URL+step.act, "", nil) }
		}
		res, err := ask()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || string(body) != step.home {
			t.Errorf("%s: got %q, %v, want %q", step.act, body, err, step.home)
		}
	}
}
