package main

import (
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
)

func TestLoginChangesTheKeyAndKeepsTheCart(t *testing.T) {
	t.Parallel()
	base, db := openShop(t)
	v := visit(t, base)
	v.submit("/cart/add", "/#mug", "good", "mug")
	before := v.cookie()

	_, page := v.logIn()
	if after := v.cookie(); after.Value == "" || after.Value == before.Value {
		t.Error("the login did not change the key")
	}
	if got := shown(page); len(got) != 1 || got[0] != "status: Welcome, Ada." {
		t.Errorf("messages %q", got)
	}
	if !strings.Contains(page, "You are logged in as Ada.") {
		t.Errorf("the account page does not know Ada:\n%s", page)
	}
	if got := v.inCart(); !maps.Equal(got, cart{"mug": 1}) {
		t.Errorf("the cart holds %v after the login", got)
	}
	if n := rows(t, db); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}

	old := visit(t, base, before)
	resp, _ := old.do(http.MethodGet, "/account", nil)
	if where := resp.Header.Get("Location"); resp.StatusCode != http.StatusSeeOther ||
		where != "/login" {
		t.Errorf("the old cookie opens the account page: %d %s", resp.StatusCode, where)
	}
	if got := old.inCart(); len(got) != 0 {
		t.Errorf("the old cookie sees the cart: %v", got)
	}
	old.submit("/cart/add", "/#mug", "good", "mug")
	if old.cookie().Value == before.Value {
		t.Error("the old key was adopted")
	}
}

func TestLogoutEndsTheSession(t *testing.T) {
	t.Parallel()
	base, db := openShop(t)
	v := visit(t, base)
	v.submit("/cart/add", "/#mug", "good", "mug")
	v.logIn()
	before := v.cookie()

	resp, page := v.submit("/logout", "/bye")
	if c := sent(t, resp); c.Value != "" || c.MaxAge >= 0 || c.Path != "/" || !c.HttpOnly {
		t.Errorf("the cookie is not deleted: %v", c)
	}
	if v.cookie().Value != "" {
		t.Error("the browser still has a session cookie")
	}
	if n := rows(t, db); n != 0 {
		t.Errorf("%d rows after the logout", n)
	}
	if strings.Contains(page, "Ada") || !strings.Contains(page, "You are logged out.") {
		t.Errorf("the page after the logout:\n%s", page)
	}
	old := visit(t, base, before)
	if page := old.open("/login"); strings.Contains(page, "Log out") {
		t.Error("the old cookie is still logged in")
	}
}

// A login that is refused keeps what was typed, except the password, and the
// session as it was.
func TestBadLoginStaysAnonymous(t *testing.T) {
	t.Parallel()
	base, _ := openShop(t)
	for _, try := range [][2]string{
		{"ada", "wrong"}, {"ada", ""}, {"", ""}, {"nobody", users[0].Password},
		{"ada", users[1].Password}, {"ada", users[0].Password + "x"}, {"ADA", users[0].Password},
		{`"><b>ada`, "wrong"}, {"nobody", standIn.Password}, {"", standIn.Password},
	} {
		v := visit(t, base)
		v.submit("/cart/add", "/#mug", "good", "mug")
		key := v.cookie().Value
		resp, page := v.do(http.MethodPost, "/login",
			url.Values{"name": {try[0]}, "password": {try[1]}, "remember": {"yes"}})
		if resp.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%q: answered with %d", try, resp.StatusCode)
		}
		want := []string{"alert: That name and password do not fit together."}
		if got := shown(page); !slices.Equal(got, want) {
			t.Errorf("%q: messages %q", try, got)
		}
		if name := `value="` + html.EscapeString(try[0]) + `"`; !strings.Contains(page, name) ||
			!strings.Contains(page, `value="yes" checked`) {
			t.Errorf("%q: the form does not keep what was typed:\n%s", try, page)
		}
		if try[1] == "wrong" && strings.Contains(page, try[1]) {
			t.Errorf("%q: the page shows the password that was tried", try)
		}
		if resp, _ := v.do(http.MethodGet, "/account", nil); resp.Header.Get("Location") != "/login" {
			t.Errorf("%q opens the account page: %d", try, resp.StatusCode)
		}
		if v.cookie().Value != key {
			t.Errorf("%q: the key changed", try)
		}
	}
}

func TestAnotherLoginDoesNotInheritTheCart(t *testing.T) {
	t.Parallel()
	base, db := openShop(t)
	v := visit(t, base)
	v.logIn()
	v.submit("/cart/add", "/#mug", "good", "mug")
	key := v.cookie().Value

	_, page := v.submit("/login", "/account", "name", "grace", "password", users[1].Password)
	if !strings.Contains(page, "You are logged in as Grace.") {
		t.Errorf("the account page does not know Grace:\n%s", page)
	}
	if got := v.inCart(); len(got) != 0 {
		t.Errorf("Grace has Ada's cart: %v", got)
	}
	if v.cookie().Value == key || rows(t, db) != 1 {
		t.Errorf("same key: %t, rows %d", v.cookie().Value == key, rows(t, db))
	}
}

// A session of somebody who may not log in any more opens nothing.
func TestARemovedUserIsNobody(t *testing.T) {
	t.Parallel()
	base, db := openShop(t)
	plugin, err := gormsession.New(db, gormsession.WithUsers())
	if err != nil {
		t.Fatal(err)
	}
	s, err := plugin.Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	s.LogIn("charles")
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	v := visit(t, base, &http.Cookie{Name: "session", Value: s.Key()})
	resp, _ := v.do(http.MethodGet, "/account", nil)
	if where := resp.Header.Get("Location"); where != "/login" {
		t.Errorf("the account page: %d, to %q", resp.StatusCode, where)
	}
	if got := shown(v.open("/")); len(got) != 1 || got[0] != "alert: Please log in first." {
		t.Errorf("the session is another one: messages %q", got)
	}
	if page := v.open("/login"); strings.Contains(page, "Log out") {
		t.Error("the login page takes him for logged in")
	}
}

func TestRememberMe(t *testing.T) {
	t.Parallel()
	base, db := openShop(t)
	// twice what the row lives
	for remember, least := range map[string]int{"": 0, "yes": 2 * 30 * 24 * 60 * 60} {
		v := visit(t, base)
		resp, page := v.submit("/login", "/account", "name", "ada", "password", users[0].Password,
			"remember", remember)
		if c := sent(t, resp); c.MaxAge < least || c.MaxAge > least+least/128 ||
			c.Expires.IsZero() != (least == 0) {
			t.Errorf("remember %q: %v, want Max-Age %d", remember, c, least)
		}
		if !strings.Contains(page,
			map[string]string{
				"":    "When you close the browser",
				"yes": "30 days after its last change",
			}[remember]) {
			t.Errorf("remember %q: the page does not say when the session ends:\n%s", remember, page)
		}
	}
	// The row of the one that is remembered lives up to one step of 1/64 longer
	// than was asked for.
	var row gormsession.Session
	if err := db.Order("expire_date desc").First(&row).Error; err != nil {
		t.Fatal(err)
	}
	if left := time.Until(row.ExpireDate.Time); left < remembered-time.Minute ||
		left > remembered+remembered/64 {
		t.Errorf("the row lives for %v", left)
	}
}

func TestOrderEmptiesTheCart(t *testing.T) {
	t.Parallel()
	base, _ := openShop(t)
	v := visit(t, base)
	v.submit("/cart/add", "/#mug", "good", "mug")
	resp, _ := v.do(http.MethodPost, "/account/order", nil)
	if resp.Header.Get("Location") != "/login" || v.inCart().count() != 1 {
		t.Errorf("an order of nobody: %d, cart %v", resp.StatusCode, v.inCart())
	}
	v.logIn()
	_, page := v.submit("/account/order", "/account")
	if got := shown(page); len(got) != 1 || !strings.HasPrefix(got[0], "status: Thank you!") ||
		v.inCart().count() != 0 {
		t.Errorf("messages %q, cart %v", got, v.inCart())
	}
	_, page = v.submit("/account/order", "/account")
	if got := shown(page); len(got) != 1 || got[0] != "alert: Your cart is empty." {
		t.Errorf("messages %q", got)
	}
}

// Two logins of one session that meet, as a double click makes them: both log in, one
// of them when its form is sent once more.
func TestTwoLoginsAtOnce(t *testing.T) {
	t.Parallel()
	base, db := openShop(t)
	v := visit(t, base)
	v.submit("/cart/add", "/#mug", "good", "mug")
	key := v.cookie()

	var loaded sync.WaitGroup // both have read the session before one of them is saved
	loaded.Add(2)
	var loads atomic.Int32
	err := db.Callback().Row().After("gorm:row").Register("meet", func(*gorm.DB) {
		if loads.Add(1) <= 2 {
			loaded.Done()
			loaded.Wait()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	ada := url.Values{"name": {"ada"}, "password": {users[0].Password}}
	where := make(chan string, 2)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			click := visit(t, base, key)
			resp, _ := click.do(http.MethodPost, "/login", ada)
			to := fmt.Sprint(resp.StatusCode, " ", resp.Header.Get("Location"))
			if resp.StatusCode == http.StatusTemporaryRedirect {
				click.do(http.MethodPost, "/login", ada)
			}
			if !click.logged() {
				t.Errorf("%s, and not logged in", to)
			}
			where <- to
		})
	}
	wg.Wait()
	got := []string{<-where, <-where}
	slices.Sort(got)
	if want := []string{"303 /account", "307 /login"}; !slices.Equal(got, want) {
		t.Errorf("they are answered with %q, want %q", got, want)
	}
}
