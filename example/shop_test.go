package main

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Visits are counted from when there is something to remember, and each visitor's
// apart.
func TestVisitsCountUp(t *testing.T) {
	t.Parallel()
	base, db := openShop(t)
	v, w := visit(t, base), visit(t, base)
	for range 2 {
		if page := v.open("/"); !strings.Contains(page, "Nothing is stored about you") {
			t.Errorf("a visit without a session is not called so:\n%s", page)
		}
	}
	_, page := v.submit("/cart/add", "/#mug", "good", "mug")
	if !strings.Contains(page, "<strong>once</strong>") {
		t.Errorf("the first visit is not called so:\n%s", page)
	}
	v.open("/")
	if page := v.open("/"); !strings.Contains(page, "<strong>3</strong> times") {
		t.Errorf("the third visit is not called so:\n%s", page)
	}
	_, page = w.submit("/cart/add", "/#mug", "good", "mug")
	if !strings.Contains(page, "<strong>once</strong>") {
		t.Error("somebody else continues the count")
	}
	if n := rows(t, db); n != 2 {
		t.Errorf("%d rows for 2 visitors", n)
	}
}

func TestAFlashShowsOnce(t *testing.T) {
	t.Parallel()
	base, _ := openShop(t)
	v := visit(t, base)
	_, page := v.submit("/cart/add", "/#mug", "good", "mug")
	if got := shown(page); len(got) != 1 || got[0] != "status: Corner mug is in your cart." {
		t.Errorf("messages after adding: %q", got)
	}
	if got := shown(v.open("/")); got != nil {
		t.Errorf("messages one page later: %q", got)
	}
}

func TestCrossSitePostIsRefused(t *testing.T) {
	t.Parallel()
	base, _ := openShop(t)
	for _, header := range [][]string{
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"},
		{"Origin", "https://elsewhere.example"},
	} {
		v := visit(t, base)
		v.open("/")
		resp, _ := v.do(http.MethodPost, "/cart/add", url.Values{"good": {"mug"}}, header...)
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("%q: %d, want 403", header, resp.StatusCode)
		}
		if got := v.inCart(); len(got) != 0 {
			t.Errorf("%q: the cart holds %v", header, got)
		}
	}
	v := visit(t, base)
	resp, _ := v.do(http.MethodPost, "/cart/add", url.Values{"good": {"mug"}}, "Sec-Fetch-Site",
		"same-origin", "Origin", base)
	if resp.StatusCode != http.StatusSeeOther {
		t.Errorf("the shop's own form: %d, want 303", resp.StatusCode)
	}
}

func TestPagesShowTheHandleAndNeverTheKey(t *testing.T) {
	t.Parallel()
	base, _ := openShop(t)
	v := visit(t, base)
	v.submit("/cart/add", "/#mug", "good", "mug")
	check := func(paths ...string) {
		key := v.cookie().Value
		if len(key) != 32 {
			t.Fatalf("a cookie's value of %d characters", len(key))
		}
		hash := sha256.Sum256([]byte(key))
		handle := hex.EncodeToString(hash[:])[:12]
		for _, path := range paths {
			_, page := v.do(http.MethodGet, path, nil)
			if strings.Contains(page, key) {
				t.Errorf("%s shows the key", path)
			}
			if !strings.Contains(page, handle) {
				t.Errorf("%s does not show the handle", path)
			}
		}
	}
	check("/", "/cart", "/login", "/nowhere")
	v.logIn()
	check("/", "/cart", "/account", "/account/devices", "/nowhere")
}

func TestWithoutItsDatabaseTheShopAnswers503(t *testing.T) {
	t.Parallel()
	base, db := openShop(t)
	v := visit(t, base)
	v.logIn()
	closeDatabase(db)
	for _, path := range []string{"/", "/cart", "/account", "/account/devices"} {
		resp, page := v.do(http.MethodGet, path, nil)
		if resp.StatusCode != http.StatusServiceUnavailable || len(resp.Cookies()) != 0 {
			t.Errorf("%s: %d, cookies %v\n%s", path, resp.StatusCode, resp.Cookies(), page)
		}
	}
}
