package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Who has nothing that the shop should remember gets no row and no cookie, whatever
// is asked: crawlers, and who guesses passwords, do not fill the table.
func TestNobodyGetsNoRow(t *testing.T) {
	t.Parallel()
	base, db := openShop(t)
	unknown := &http.Cookie{Name: "session", Value: strings.Repeat("k", 32)}
	for _, request := range []struct {
		method, path string
		form         url.Values
		status       int
		kind         string
	}{
		{"GET", "/", nil, 200, "text/html"},
		{"GET", "/?utm_source=mail", nil, 200, "text/html"},
		{"GET", "/cart", nil, 200, "text/html"},
		{"GET", "/login", nil, 200, "text/html"},
		{"GET", "/bye", nil, 200, "text/html"},
		{"GET", "/nowhere", nil, 404, "text/html"},
		{"GET", "/account", nil, 303, "text/html"},
		{"GET", "/account/devices", nil, 303, "text/html"},
		{"GET", "/assets/shop.css", nil, 200, "text/css"},
		{"GET", "/assets/mug.svg", nil, 200, "image/svg+xml"},
		{"GET", "/assets/.", nil, 404, "text/"},
		{"GET", "/assets/none.svg", nil, 404, "text/plain"},
		{"POST", "/login", url.Values{"name": {"ada"}, "password": {"wrong"}}, 422, "text/html"},
		{"POST", "/login", url.Values{}, 422, "text/html"},
		{"POST", "/logout", nil, 303, ""},
		{"POST", "/account/order", nil, 303, ""},
		{"POST", "/account/devices/end", url.Values{"handle": {"none"}}, 303, ""},
		{"POST", "/account/devices/end-others", nil, 303, ""},
		{"POST", "/cart/add", url.Values{"good": {"yacht"}}, 303, ""},
		{"POST", "/cart/update", url.Values{"good": {"mug"}, "quantity": {"-1"}}, 303, ""},
		{"POST", "/cart/update", url.Values{"good": {"mug"}, "quantity": {"0"}}, 303, ""},
		{"POST", "/cart/remove", url.Values{"good": {"mug"}}, 303, ""},
		{"POST", "/cart/remove", url.Values{"good": {"yacht"}}, 303, ""},
	} {
		for name, v := range map[string]*visitor{
			"no cookie": visit(t, base), "an unknown cookie": visit(t, base, unknown),
		} {
			resp, _ := v.do(request.method, request.path, request.form)
			if resp.StatusCode != request.status ||
				!strings.HasPrefix(resp.Header.Get("Content-Type"), request.kind) {
				t.Errorf("%s %s, %s: %d, %q", request.method, request.path, name,
					resp.StatusCode, resp.Header.Get("Content-Type"))
			}
			for _, c := range resp.Cookies() {
				if c.Value != "" {
					t.Errorf("%s %s, %s: a cookie is set", request.method, request.path, name)
				}
			}
		}
	}
	if n := rows(t, db); n != 0 {
		t.Errorf("%d rows, want none", n)
	}
}
