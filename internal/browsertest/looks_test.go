package browsertest

import (
	_ "embed"
	"slices"
	"strings"
	"testing"
)

// What a page looks like is asked of the page: see faults.js.
//
//go:embed testdata/faults.js
var faultsScript string

// fits fails the test where somebody could not read the page, or not use it.
func (b *tab) fits(dark bool) {
	b.t.Helper()
	script := faultsScript + "(" + map[bool]string{true: "true", false: "false"}[dark] + ")"
	for _, fault := range ask[[]string](b, script) {
		b.t.Errorf("%s: %s", b.path(), fault)
	}
}

// Everything that the shop has can be read and used on a phone and on a desktop, by day and by
// night, from the first look to the logout.
func TestShopOnEachScreen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		screen        screen
		phone, inDark bool
	}{
		{"phone", phone, true, false},
		{"phone in the dark", slices.Concat(phone, dark), true, true},
		{"desktop", desktop, false, false},
		{"desktop in the dark", slices.Concat(desktop, dark), false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := openShop(t)
			p := somebody(t, c.screen)
			p.touch = c.phone
			b := p.tab()
			b.expect("404")
			see := func(path, text string) {
				t.Helper()
				if b.path() != path || !strings.Contains(b.text(), text) {
					t.Errorf("%s shows\n%s\nwant %s with %q", b.path(), b.text(), path, text)
				}
				b.fits(c.inDark)
			}
			b.open(s.base)
			see("/", "Nothing is stored about you")
			b.press(add("mug"))
			see("/", "Corner mug is in your cart.")
			b.press(add("fern"))
			b.press(`nav a[href="/cart"]`)
			see("/cart", "€21.60")
			b.fill("#quantity-mug", "3")
			b.press(`#quantity-mug + button`)
			see("/cart", "Corner mug: now 3.")
			b.press(`main .actions a.button`)
			see("/login", "Please log in first.")
			b.fill("#name", "ada")
			b.fill("#password", "wrong")
			b.expect("422")
			b.press(logInButton)
			see("/login", "do not fit together")
			b.fill("#password", password)
			b.press(logInButton)
			see("/account", "You are logged in as Ada.")
			b.press(`a[href="/account/devices"]`)
			see("/account/devices", "This one")
			b.press(`a[href="/account"]`)
			b.press(`form[action="/account/order"] button`)
			see("/account", "Thank you!")
			b.open(s.base + "/nowhere")
			see("/nowhere", "Nothing here")
			b.press(logOutButton)
			see("/bye", "You are logged out.")
			if n := len(p.cookies()); n != 0 {
				t.Errorf("%d cookies are left", n)
			}
		})
	}
}
