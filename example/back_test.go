package main

import (
	"fmt"
	"strings"
	"testing"
)

// Somebody logs out and leaves, and the next one at the machine presses Back: a real
// browser shows nothing of the account.
func TestBackAfterLogout(t *testing.T) {
	t.Parallel()
	base, _ := openShop(t)
	b := browse(t)
	b.leads(fmt.Sprintf("location = %q", base+"/login"))
	b.leads(`document.querySelector("#name").value = "ada"
		document.querySelector("#password").value = "` + users[0].Password + `"
		document.querySelector("main form button").click()`)
	if path, text := b.shows(); path != "/account" || !strings.Contains(text, "logged in as Ada") {
		t.Fatalf("after the login: %s\n%s", path, text)
	}
	b.leads(`document.querySelector("a.brand").click()`)
	b.leads(`document.querySelector("header form button").click()`)
	if path, text := b.shows(); path != "/bye" || !strings.Contains(text, "You are logged out.") {
		t.Fatalf("after the logout: %s\n%s", path, text)
	}
	for _, want := range []string{"/", "/login"} { // the account sends nobody to the login
		b.leads("history.back()")
		if path, text := b.shows(); path != want || strings.Contains(text, "Ada") {
			t.Errorf("Back leads to %s, want %s, which shows:\n%s", path, want, text)
		}
	}
}
