package browsertest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/seed7368b609/gormsession"
)

// attributes are what a browser keeps of a cookie beside its value and its end.
func attributes(c *network.Cookie) string {
	words := []string{c.Name, "of", c.Domain + c.Path, string(c.SameSite)}
	if c.HTTPOnly {
		words = append(words, "HttpOnly")
	}
	if c.Secure {
		words = append(words, "Secure")
	}
	if c.PartitionKey != nil {
		words = append(words, "in", c.PartitionKey.TopLevelSite)
	}
	return strings.Join(words, " ")
}

// lives fails the test where the cookie does not end about then; 0 is with the browser.
func lives(t *testing.T, c *network.Cookie, want time.Duration) {
	t.Helper()
	if c.Session != (want == 0) {
		t.Errorf("it ends with the browser: %t", c.Session)
		return
	}
	got := time.Until(time.Unix(int64(c.Expires), 0))
	if want != 0 && (got < want-time.Minute || got > want+want/64) {
		t.Errorf("it lives for %v, want %v", got, want)
	}
}

const day = 24 * time.Hour

// Over plain HTTP the shop's cookie is one that scripts cannot read and other sites' pages cannot
// send, for as long as was asked for, with a new value after the login, and gone after the logout.
func TestCookieOfTheShop(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	p := somebody(t)
	b := p.tab()
	b.open(s.base)
	if n := len(p.cookies()); n != 0 {
		t.Errorf("%d cookies for who only looks", n)
	}
	const want = "session of 127.0.0.1/ Lax HttpOnly"
	b.press(add("mug"))
	visitor := p.cookie()
	lives(t, visitor, 28*day) // the row's 14, and one lifetime more
	for remember, lifetime := range map[bool]time.Duration{false: 0, true: 60 * day} {
		b.open(s.base + "/login")
		b.fill("#name", "ada")
		b.fill("#password", password)
		if remember {
			b.do(b.click(`input[name="remember"]`))
		}
		b.press(logInButton)
		c := p.cookie()
		lives(t, c, lifetime)
		if got := attributes(c); got != want || c.Value == visitor.Value {
			t.Errorf("it is %s, and the visitor's: %t", got, c.Value == visitor.Value)
		}
		if got := ask[string](b, "document.cookie"); got != "" {
			t.Errorf("a script reads %d bytes", len(got))
		}
		b.press(logOutButton)
		if n := len(p.cookies()); n != 0 {
			t.Errorf("%d cookies after the logout", n)
		}
	}
}

// Over TLS its name keeps it to this very host: it is Secure, a page over plain HTTP neither gets
// it nor plants one, and the browser has nothing to complain of.
func TestCookieOverTLS(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t)
	s := openShop(t, "-cert", cert, "-key", key)
	// Browsers take a Secure cookie from 127.0.0.1 over plain HTTP as well.
	s.base = strings.Replace(s.base, "127.0.0.1", "shop.test", 1)
	plain := openSite(t)
	p := somebody(t)
	b := p.tab()
	s.logIn(b)
	c := p.cookie()
	if got := attributes(c); got != "__Host-session of shop.test/ Lax HttpOnly Secure" {
		t.Errorf("it is %s", got)
	}

	other := p.tab()
	other.open(plain.at("http", "shop.test"))
	other.press(button("count"))
	plant := `document.cookie = "__Host-session=` + strings.Repeat("k", 32) + `; Path=/; Secure"`
	ask[chromedp.Void](other, plant)
	b.reload()
	b.shows("logged in as Ada")
	for _, kept := range p.cookies() {
		if kept.Name == c.Name && kept.Value != c.Value {
			t.Error("a page over plain HTTP has planted another one")
		}
	}
	b.press(logOutButton)
	if left := p.cookies(); len(left) != 1 || left[0].Name != "session" {
		t.Errorf("after the logout: %v", names(left))
	}
}

// A page on a sibling host cannot put a session of its own in the place of the visitor's: by
// default its cookie counts for nothing beside the live one, and Production's name does not even
// let the browser keep it.
func TestSiblingPlantsNothing(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]gormsession.Option{
		"session":        nil,
		"__Host-session": {gormsession.Production()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openTLS(t, options...)
			p := somebody(t)
			b, sibling := p.tab(), p.tab()
			b.open(s.at("https", "shop.test"))
			b.press(button("login"))
			b.press(button("count"))
			sibling.open(s.at("https", "evil.shop.test"))
			ask[chromedp.Void](sibling, fmt.Sprintf(
				`document.cookie = "%s=%s; Domain=shop.test; Path=/; Secure"`,
				name, strings.Repeat("k", 32)))
			want := map[string]int{"session": 2, "__Host-session": 1}[name]
			if kept := p.cookies(); len(kept) != want {
				t.Errorf("the browser keeps %v, want %d", names(kept), want)
			}
			b.press(button("count"))
			b.shows(`user "ada", count 2`)
		})
	}
}

// However long a session lives, its cookie asks for no more than the 400 days that browsers give,
// and the browser keeps it for as long.
func TestCookieOfALongLifeInABrowser(t *testing.T) {
	t.Parallel()
	s := openSite(t, gormsession.WithLifetime(300*day))
	p := somebody(t)
	b := p.tab()
	b.open(s.here())
	b.press(button("count"))
	lives(t, p.cookie(), 400*day)
}

// A site that others embed has, with partitioned cookies, a session in each of them, and none that
// tells one what its visitor did in another.
func TestPartitionedCookies(t *testing.T) {
	t.Parallel()
	s := openTLS(t,
		gormsession.WithPartitioned(), gormsession.WithSameSite(http.SameSiteNoneMode))
	p := somebody(t)
	b := p.tab()
	for i, host := range []string{"news.test", "blog.test", "news.test"} {
		b.open(s.at("https", host) + "/bye")
		got := ask[int](b, `new Promise(done => {
			onmessage = message => done(message.data);
			const frame = document.createElement("iframe");
			frame.src = "`+s.at("https", "shop.test")+`/widget";
			document.body.append(frame);
		})`)
		if want := []int{1, 1, 2}[i]; got != want {
			t.Errorf("in %s: count %d, want %d", host, got, want)
		}
	}
	kept := map[string]bool{}
	for _, c := range p.cookies() {
		kept[attributes(c)] = true
	}
	for _, top := range []string{"https://news.test", "https://blog.test"} {
		if want := "session of shop.test/ None HttpOnly Secure in " + top; !kept[want] {
			t.Errorf("kept are %v, want %s", kept, want)
		}
	}
}
