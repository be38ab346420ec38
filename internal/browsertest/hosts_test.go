package browsertest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// Cookies know no ports: applications on one host need names of their own for theirs, and then a
// login at one is none at the other, and a logout neither.
func TestApplicationsOnOneHost(t *testing.T) {
	t.Parallel()
	shop := openSite(t, gormsession.WithCookieName("shop_session"))
	blog := openSite(t, gormsession.WithCookieName("blog_session"))
	p := somebody(t)
	atShop, atBlog := p.tab(), p.tab()
	atShop.open(shop.here())
	atShop.press(button("login"))
	atBlog.open(blog.here())
	atBlog.shows(`user "", count 0`)
	atBlog.press(button("login"))
	atBlog.press(button("count"))
	atShop.press(button("count"))
	atShop.shows(`user "ada", count 1`)
	if kept := p.cookies(); len(kept) != 2 {
		t.Errorf("the browser keeps %v", names(kept))
	}
	atShop.press(button("logout"))
	atBlog.press(button("count"))
	atBlog.shows(`user "ada", count 2`)
}

// A tenant's hosts share a session by the Domain of its cookie, other tenants see nothing of it,
// and a logout on one host is one on all of the tenant's.
func TestCookiesOfTenants(t *testing.T) {
	t.Parallel()
	s := openSite(t, gormsession.WithCookieFor(
		func(r *http.Request) (c gormsession.CookieAttributes) {
			for _, tenant := range []string{"ant.test", "bee.test"} {
				if host, _, _ := strings.Cut(r.Host, ":"); host == tenant || host == "www."+tenant {
					c.Domain = tenant
				}
			}
			return c
		}))
	p := somebody(t)
	www, bare, other := p.tab(), p.tab(), p.tab()
	www.open(s.at("http", "www.ant.test"))
	www.press(button("login"))
	if got := attributes(p.cookie()); got != "session of .ant.test/ Lax HttpOnly" {
		t.Errorf("it is %s", got)
	}
	bare.open(s.at("http", "ant.test"))
	bare.press(button("count"))
	bare.shows(`user "ada", count 1`)
	other.open(s.at("http", "www.bee.test"))
	other.shows(`user "", count 0`)
	other.press(button("count"))
	bare.press(button("logout"))
	www.reload()
	www.shows(`user "", count 0`)
	if got := attributes(p.cookie()); got != "session of .bee.test/ Lax HttpOnly" {
		t.Errorf("left is %s", got)
	}
}

// A script of another origin has the key in a header, if the application lets it: its session is
// none of the browser's, which keeps no cookie for it and sends none, and the cookie's session is
// told to no script.
func TestKeyHeaderOfAScript(t *testing.T) {
	t.Parallel()
	s := openSite(t, gormsession.WithKeyHeader("X-Session"))
	s.engine.OPTIONS("/api", allow, func(c *gin.Context) { c.Status(http.StatusNoContent) })
	s.engine.POST("/api", allow, func(c *gin.Context) {
		n := visits.Modify(ginsession.Get(c), func(n int) int { return n + 1 })
		c.JSON(http.StatusOK, n)
	})
	p := somebody(t)
	b := p.tab()
	b.open(s.at("http", "api.test"))
	b.press(button("login")) // as a browser's page, by the cookie
	cookie := p.cookie()
	if told := ask[*string](b, `fetch("/").then(answer => answer.headers.get("X-Session"))`); told != nil {
		t.Error("the cookie's session is told to a script")
	}
	b.open(s.at("http", "app.test") + "/bye")
	type answer struct {
		Count int
		Key   *string
	}
	call := func(key string) answer {
		t.Helper()
		return ask[answer](b, fmt.Sprintf(`fetch("%s/api", {
			method: "POST", headers: {"X-Session": "%s"},
		}).then(async answer => ({Count: await answer.json(), Key: answer.headers.get("X-Session")}))`,
			s.at("http", "api.test"), key))
	}
	first := call("")
	if first.Count != 1 || first.Key == nil || *first.Key == cookie.Value {
		t.Fatalf("the first answer counts %d, and has a key: %t", first.Count, first.Key != nil)
	}
	if again := call(*first.Key); again.Count != 2 || again.Key != nil {
		t.Errorf("the next one counts %d, and has a key: %t", again.Count, again.Key != nil)
	}
	if stranger := call(""); stranger.Count != 1 {
		t.Errorf("who sends no key has somebody's session, which counts %d", stranger.Count)
	}
	if left := p.cookie(); left.Value != cookie.Value {
		t.Error("the browser's cookie is another one")
	}
}

// allow lets scripts of app.test send the header and read it.
func allow(c *gin.Context) {
	c.Header("Access-Control-Allow-Origin", c.GetHeader("Origin"))
	c.Header("Access-Control-Allow-Headers", "X-Session")
	c.Header("Access-Control-Expose-Headers", "X-Session")
}

// A form on another site's page reaches the shop without the cookie, is refused, and costs nobody
// the session.
func TestFormOfAnotherSite(t *testing.T) {
	t.Parallel()
	s, other := openShop(t), openSite(t)
	p := somebody(t)
	b := p.tab()
	s.logIn(b)
	b.press(`a.brand`)
	b.press(add("mug"))
	key := p.cookie().Value
	evil := p.tab()
	evil.expect("403")
	evil.open(other.at("http", "evil.test") + "/bye")
	ask[chromedp.Void](evil, `document.body.insertAdjacentHTML("beforeend",
		'<form method="post" action="`+s.base+`/cart/remove"><button name="good" value="mug">')`)
	evil.press("form button")
	evil.shows("cross-origin request")
	b.open(s.base + "/cart")
	if n := ask[int](b, `+document.querySelector("#quantity-mug").value`); n != 1 {
		t.Errorf("%d mugs are left", n)
	}
	if p.cookie().Value != key {
		t.Error("the session is another one")
	}
}
