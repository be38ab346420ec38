package main

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
)

// Whatever is shown to somebody who is logged in is kept by no cache, a browser's own
// included, so that the Back button shows nothing of it after the logout.
func TestNoCacheKeepsWhatKnownUsersSee(t *testing.T) {
	t.Parallel()
	base, _ := openShop(t)
	v := visit(t, base)
	v.logIn()
	v.submit("/cart/add", "/#mug", "good", "mug")
	for _, r := range [][2]string{
		{"GET", "/"}, {"GET", "/cart"}, {"GET", "/account"}, {"GET", "/bye"}, {"GET", "/nowhere"},
		{"GET", "/account/devices"}, {"POST", "/account/devices/end"}, {"POST", "/account/order"},
		{"POST", "/login"},
	} {
		resp, _ := v.do(r[0], r[1], url.Values{})
		if got := resp.Header.Values("Cache-Control"); !slices.Equal(got, []string{"no-store"}) {
			t.Errorf("%s %s: Cache-Control %q", r[0], r[1], got)
		}
	}
	resp, _ := visit(t, base).do(http.MethodGet, "/account", nil)
	if got := resp.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("/account for nobody: Cache-Control %q", got)
	}
}
