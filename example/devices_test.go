package main

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
)

const (
	onMac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 " +
		"(KHTML, like Gecko) Version/26.0 Safari/605.1.15"
	onPhone = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) " +
		"Chrome/140.0.0.0 Mobile Safari/537.36"
	onLinux = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
)

// visitFrom is a visitor with a browser of that name, who is logged in as a user.
func visitFrom(t *testing.T, base, agent string, u user) *visitor {
	t.Helper()
	v := visit(t, base)
	v.agent = agent
	v.submit("/login", "/account", "name", u.Name, "password", u.Password)
	return v
}

// logged tells whether somebody is logged in.
func (v *visitor) logged() bool {
	v.t.Helper()
	resp, _ := v.do(http.MethodGet, "/account", nil)
	return resp.StatusCode == http.StatusOK
}

var (
	items   = regexp.MustCompile(`(?s)<li class="line">.*?</li>`)
	names   = regexp.MustCompile(`<h2>([^<]*?)( <span class="here">This one</span>)?</h2>`)
	handles = regexp.MustCompile(`name="handle" value="([^"]*)"`)
)

// devices reads the list of them: each one's name, and the handle that its button
// sends, or "this one" in the place of the button.
func (v *visitor) devices() (all [][2]string) {
	v.t.Helper()
	for _, item := range items.FindAllString(v.open("/account/devices"), -1) {
		name, handle := names.FindStringSubmatch(item), handles.FindStringSubmatch(item)
		if name == nil || (name[2] != "") == (handle != nil) {
			v.t.Fatalf("neither this one nor one to log out:\n%s", item)
		}
		if handle == nil {
			handle = []string{"", "this one"}
		}
		all = append(all, [2]string{name[1], handle[1]})
	}
	return all
}

// A user's page has the user's own devices, the newest login first and this one
// marked, and logs out the one whose button is pressed.
func TestOneDeviceIsLoggedOut(t *testing.T) {
	t.Parallel()
	base, db := openShop(t)
	mac := visitFrom(t, base, onMac, users[0])
	phone := visitFrom(t, base, onPhone, users[0])
	grace := visitFrom(t, base, onLinux, users[1])

	onThePhone, onTheMac := phone.devices(), mac.devices()
	if len(onThePhone) != 2 || onThePhone[0] != [2]string{"Chrome on Android", "this one"} ||
		onThePhone[1][0] != "Safari on Mac" {
		t.Fatalf("the phone sees %q", onThePhone)
	}
	if len(onTheMac) != 2 || onTheMac[1] != [2]string{"Safari on Mac", "this one"} ||
		onTheMac[0][0] != "Chrome on Android" {
		t.Fatalf("the Mac sees %q", onTheMac)
	}
	page := mac.open("/account/devices")
	if !strings.Contains(page, "127.0.0.1, since <time datetime=") ||
		strings.Contains(page, phone.cookie().Value) {
		t.Errorf("the page has no address, or a key:\n%s", page)
	}

	handle := onThePhone[1][1]
	for _, want := range []string{
		"status: That device is logged out.", "alert: That device is not logged in any more.",
	} { // the second time it is gone already
		_, page = phone.submit("/account/devices/end", "/account/devices", "handle", handle)
		if got := shown(page); !slices.Equal(got, []string{want}) {
			t.Errorf("messages %q, want %q", got, want)
		}
	}
	if mac.logged() || !phone.logged() || !grace.logged() || rows(t, db) != 2 {
		t.Errorf("logged in: Mac %t, phone %t, Grace %t, and %d rows",
			mac.logged(), phone.logged(), grace.logged(), rows(t, db))
	}
	if got := phone.devices(); len(got) != 1 || got[0][1] != "this one" {
		t.Errorf("the phone sees %q", got)
	}
	if page := phone.open("/account/devices"); strings.Contains(page, "everywhere else") {
		t.Error("there is nowhere else, and the page has a button for it")
	}
}

func TestLogOutEverywhereElse(t *testing.T) {
	t.Parallel()
	base, db := openShop(t)
	mac := visitFrom(t, base, onMac, users[0])
	phone := visitFrom(t, base, onPhone, users[0])
	here := visitFrom(t, base, onLinux, users[0])
	grace := visitFrom(t, base, onLinux, users[1])
	passer := visit(t, base)
	passer.submit("/cart/add", "/#mug", "good", "mug")

	if page := here.open("/account/devices"); !strings.Contains(page, "Log out everywhere else") {
		t.Errorf("the page has no button for it:\n%s", page)
	}
	_, page := here.submit("/account/devices/end-others", "/account/devices")
	want := []string{"status: You are logged in here alone. Logged out elsewhere: 2."}
	if got := shown(page); !slices.Equal(got, want) {
		t.Errorf("messages %q", got)
	}
	if mac.logged() || phone.logged() || !here.logged() || !grace.logged() {
		t.Errorf("logged in: Mac %t, phone %t, this one %t, Grace %t",
			mac.logged(), phone.logged(), here.logged(), grace.logged())
	}
	if n := rows(t, db); n != 3 || passer.inCart().count() != 1 {
		t.Errorf("%d rows, and who has no name has %d in the cart", n, passer.inCart().count())
	}
}

// A form may say what it likes: it ends no session of somebody else's.
func TestAnothersHandleEndsNothing(t *testing.T) {
	t.Parallel()
	base, db := openShop(t)
	ada := visitFrom(t, base, onMac, users[0])
	grace := visitFrom(t, base, onPhone, users[1])
	also := visitFrom(t, base, onLinux, users[1])
	for _, handle := range []string{
		also.devices()[1][1], "", "%", "this one", grace.cookie().Value,
	} {
		_, page := ada.submit("/account/devices/end", "/account/devices", "handle", handle)
		want := []string{"alert: That device is not logged in any more."}
		if got := shown(page); !slices.Equal(got, want) {
			t.Errorf("%d characters: messages %q", len(handle), got)
		}
	}
	if !ada.logged() || !grace.logged() || !also.logged() || rows(t, db) != 3 {
		t.Errorf("logged in: Ada %t, Grace %t and %t, and %d rows",
			ada.logged(), grace.logged(), also.logged(), rows(t, db))
	}
}

// A form that names this device, which no page of the shop does, logs it out.
func TestThisOneByItsHandleIsLoggedOut(t *testing.T) {
	t.Parallel()
	base, _ := openShop(t)
	mac := visitFrom(t, base, onMac, users[0])
	phone := visitFrom(t, base, onPhone, users[0])
	before := mac.cookie()
	resp, _ := mac.do(http.MethodPost, "/account/devices/end",
		url.Values{"handle": {phone.devices()[1][1]}})
	want := []string{"status: That device is logged out."}
	if got := shown(mac.open("/login")); resp.StatusCode != 303 || !slices.Equal(got, want) {
		t.Errorf("%d, messages %q", resp.StatusCode, got)
	}
	if mac.logged() || visit(t, base, before).logged() || !phone.logged() {
		t.Errorf("logged in: this one %t, phone %t", mac.logged(), phone.logged())
	}
}

// clock is the time, and what a test adds to it.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// Ten minutes after the login others are logged out only with the password, which
// leads back to the devices and leaves remembered who was.
func TestAnOldLoginLogsNobodyOut(t *testing.T) {
	t.Parallel()
	for _, remember := range []string{"", "yes"} {
		var clock clock
		base, _ := openShop(t, gormsession.WithClock(clock.now))
		mac := visitFrom(t, base, onMac, users[0])
		phone := visit(t, base)
		password := []string{"name", "ada", "password", users[0].Password, "remember", remember}
		phone.submit("/login", "/account", password...)
		handle := phone.devices()[1][1]
		if resp, _ := phone.do(http.MethodGet, "/login", nil); resp.StatusCode != 303 {
			t.Errorf("who has just logged in is asked again: %d", resp.StatusCode)
		}

		clock.ahead.Store(int64(freshFor + time.Second))
		for _, form := range [][]string{
			{"/account/devices/end", "handle", handle}, {"/account/devices/end-others"},
		} {
			_, page := phone.submit(form[0], "/login", form[1:]...)
			want := []string{"alert: Please give your password again first."}
			if got := shown(page); !slices.Equal(got, want) || !strings.Contains(page, `value="ada"`) ||
				strings.Contains(page, `value="yes" checked`) != (remember != "") {
				t.Errorf("%s, remember %q: messages %q\n%s", form[0], remember, got, page)
			}
		}
		if !mac.logged() || !phone.logged() {
			t.Errorf("logged in: Mac %t, phone %t", mac.logged(), phone.logged())
		}
		_, page := phone.submit("/login", "/account/devices", password...)
		if strings.Contains(page, "next") {
			t.Errorf("where the login led is kept:\n%s", page)
		}
		phone.submit("/account/devices/end", "/account/devices", "handle", handle)
		if mac.logged() || !phone.logged() {
			t.Errorf("after the password, logged in: Mac %t, phone %t", mac.logged(), phone.logged())
		}
	}
}

// What the database does not answer is a 503, and never a list of nobody or a
// logout that was none.
func TestDevicesThatCannotBeReadAre503(t *testing.T) {
	t.Parallel()
	base, db := openShop(t)
	mac := visitFrom(t, base, onMac, users[0])
	phone := visitFrom(t, base, onPhone, users[0])
	handle := phone.devices()[1][1]
	rename := func(from, to string) {
		err := db.Exec("ALTER TABLE web_sessions RENAME COLUMN " + from + " TO " + to).Error
		if err != nil {
			t.Fatal(err)
		}
	}
	rename("public_id", "away") // sessions are read without it
	for _, r := range [][2]string{
		{http.MethodGet, "/account/devices"}, {http.MethodPost, "/account/devices/end"},
		{http.MethodPost, "/account/devices/end-others"},
	} {
		resp, page := phone.do(r[0], r[1], url.Values{"handle": {handle}})
		if resp.StatusCode != http.StatusServiceUnavailable || len(resp.Cookies()) != 0 ||
			!strings.Contains(page, "Back in a minute") {
			t.Errorf("%s: %d, cookies %v\n%s", r[1], resp.StatusCode, resp.Cookies(), page)
		}
	}
	rename("away", "public_id")
	if !mac.logged() || !phone.logged() || len(phone.devices()) != 2 {
		t.Errorf("logged in: Mac %t, phone %t", mac.logged(), phone.logged())
	}
}

func TestDeviceNames(t *testing.T) {
	t.Parallel()
	const chrome = " AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
	const webkit = " AppleWebKit/605.1.15 (KHTML, like Gecko) "
	for _, c := range []struct{ want, agent string }{
		{"Safari on Mac", onMac},
		{"Chrome on Android", onPhone},
		{"Firefox on Linux", onLinux},
		{"Edge on Windows",
			"Mozilla/5.0 (Windows NT 10.0; Win64; x64)" + chrome + "Safari/537.36 Edg/140.0.0.0"},
		{"Chrome on Chromebook",
			"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0)" + chrome + "Safari/537.36"},
		{"Opera on Mac",
			"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)" + chrome + "Safari/537.36 OPR/120.0"},
		{"Safari on iPhone", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X)" + webkit +
			"Version/26.0 Mobile/15E148 Safari/604.1"},
		{"Chrome on iPhone", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X)" + webkit +
			"CriOS/140.0 Mobile/15E148 Safari/604.1"},
		{"Firefox on iPad", "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X)" + webkit +
			"FxiOS/140.0 Mobile/15E148 Safari/605.1.15"},
		{"curl/8.14.1", "curl/8.14.1"},
		{"Something without a name", ""},
	} {
		if got := deviceName(c.agent); got != c.want {
			t.Errorf("%q is %q, want %q", c.agent, got, c.want)
		}
	}
}
