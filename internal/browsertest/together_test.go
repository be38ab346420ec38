package browsertest

import (
	"fmt"
	"sync"
	"testing"
)

// Two tabs of one browser put things into one cart at once, and each click counts.
func TestTwoTabsLoseNothing(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	p := somebody(t)
	const clicks = 6
	tabs := []*tab{p.tab(), p.tab()}
	tabs[0].open(s.base)
	tabs[0].press(add("mug")) // their session
	key := p.cookie().Value
	var wg sync.WaitGroup
	for i, good := range []string{"teapot", "fern"} {
		b := tabs[i]
		wg.Go(func() {
			b.open(s.base)
			for range clicks {
				b.press(add(good))
			}
		})
	}
	wg.Wait()
	for _, b := range tabs {
		b.open(s.base + "/cart")
		for good, want := range map[string]int{"mug": 1, "teapot": clicks, "fern": clicks} {
			got := ask[int](b, `+document.querySelector("#quantity-`+good+`").value`)
			if got != want {
				t.Errorf("%d of %s, want %d", got, good, want)
			}
		}
	}
	if p.cookie().Value != key {
		t.Error("it is another session")
	}
}

// So it is with requests that two pages' scripts send at the same moment.
func TestScriptsOfTwoTabsCountExactly(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	p := somebody(t)
	tabs := []*tab{p.tab(), p.tab()}
	tabs[0].open(s.here())
	tabs[0].press(button("login"))
	tabs[1].open(s.here())
	const each = 20
	var wg sync.WaitGroup
	for _, b := range tabs {
		wg.Go(func() {
			status := ask[[]int](b, fmt.Sprintf(`Promise.all(Array.from({length: %d},
				() => fetch("/count", {method: "POST"}).then(answer => answer.status)))`, each))
			for _, code := range status {
				if code != 200 {
					t.Errorf("a request is answered with %d", code)
				}
			}
		})
	}
	wg.Wait()
	tabs[0].reload()
	tabs[0].shows(fmt.Sprintf(`user "ada", count %d`, 2*each))
}

// The owner of two browsers sees both, and logs out the one that is not at hand: its next page is
// the login, and this one stays.
func TestTwoBrowsersAndTheDevices(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	lost, kept := somebody(t, phone), somebody(t, desktop)
	lost.touch = true
	onThePhone, here := lost.tab(), kept.tab()
	s.logIn(onThePhone)
	onThePhone.press(`a[href="/account/devices"]`)
	onThePhone.press(`a[href="/account"]`)
	s.logIn(here)
	here.press(`a[href="/account/devices"]`)
	here.shows("Chrome on Android")
	if n := ask[int](here, `document.querySelectorAll("main li").length`); n != 2 {
		t.Errorf("%d devices", n)
	}
	here.press(`form[action="/account/devices/end"] button`)
	here.shows("That device is logged out.")
	if n := ask[int](here, `document.querySelectorAll("main li").length`); n != 1 {
		t.Errorf("%d devices", n)
	}

	onThePhone.press(`a[href="/account/devices"]`)
	if path := onThePhone.path(); path != "/login" {
		t.Errorf("the phone is at %s", path)
	}
	here.reload()
	here.shows("This one")
	s.logIn(onThePhone) // again, with the password
	here.reload()
	here.press(`form[action="/account/devices/end-others"] button`)
	here.shows("Logged out elsewhere: 1.")
	onThePhone.reload()
	if path := onThePhone.path(); path != "/login" {
		t.Errorf("the phone is at %s", path)
	}
}
