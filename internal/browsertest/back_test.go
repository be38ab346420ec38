package browsertest

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/seed7368b609/gormsession"
)

// Somebody logs out and leaves, and the next one at the machine presses Back, and Forward: the
// browser shows nothing of the account, and sends nobody who was there to the login.
func TestBackAfterLogout(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t)
	for name, flags := range map[string][]string{
		"plain HTTP": nil, "TLS": {"-cert", cert, "-key", key},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openShop(t, flags...)
			b := somebody(t).tab()
			b.open(s.base)
			s.logIn(b)
			b.press(`a[href="/account/devices"]`)
			b.press(`a.brand`)
			b.press(add("mug"))
			b.press(logOutButton)
			b.shows("You are logged out.")
			back := []string{"/", "/", "/login", "/login", "/login", "/"}
			for i := range 2 * len(back) {
				by := int64(-1)
				if i >= len(back) {
					by = 1
				}
				b.turn(by)
				if i < len(back) && b.path() != back[i] {
					t.Errorf("Back leads to %s, want %s", b.path(), back[i])
				}
				for _, private := range []string{"Ada", "This one", "127.0.0.1, since", "mug\":1"} {
					if strings.Contains(b.text(), private) {
						t.Errorf("%s shows %q:\n%s", b.path(), private, b.text())
					}
				}
			}
			b.shows("You are logged out.")
		})
	}
}

// The library's own WithNoStore does so for a page of an application that says nothing of caches.
func TestBackAfterLogoutWithNoStore(t *testing.T) {
	t.Parallel()
	s := openSite(t, gormsession.WithNoStore())
	b := somebody(t).tab()
	b.open(s.here())
	b.press(button("login"))
	b.press(button("count"))
	b.open(s.here() + "/?again")
	b.shows(`user "ada", count 1`)
	b.press(button("logout"))
	b.turn(-1)
	b.shows(`user "", count 0`)
}

// WithClearSiteData has the browser forget what the site's scripts have stored.
func TestClearSiteDataAtLogout(t *testing.T) {
	t.Parallel()
	s := openTLS(t, gormsession.WithClearSiteData())
	b := somebody(t).tab()
	b.open(s.at("https", "shop.test"))
	b.press(button("login"))
	ask[chromedp.Void](b, `localStorage.setItem("draft", "private")`)
	b.press(button("logout"))
	if kept := ask[*string](b, `localStorage.getItem("draft")`); kept != nil {
		t.Errorf("the browser keeps %q", *kept)
	}
}
