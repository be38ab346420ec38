package django

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/djangotest"
)

// Which key Django takes from a Cookie header, we take too.
func TestCookieHeaders(t *testing.T) {
	s := newSite(t, dbtest.New(t, dbtest.SQLite).Open(t), Config{SecretKey: testSecret})
	v := readVectors(t)
	for _, c := range v.CookieHeader {
		var key string
		s.visit(http.DefaultClient, func(c *gin.Context) { key = ginsession.Get(c).Key() },
			func(r *http.Request) { r.Header.Set("Cookie", c.Header) })
		if key != c.Key {
			t.Errorf("of %q the key is %q, want %q", c.Header, key, c.Key)
		}
	}
	if len(v.CookieHeader) != 5 {
		t.Errorf("%d cases", len(v.CookieHeader))
	}
}

// New keys are like Django's.
func TestKeys(t *testing.T) {
	s := newSite(t, dbtest.New(t, dbtest.SQLite).Open(t), Config{SecretKey: testSecret})
	keys := readVectors(t).SessionKeys
	for range 10 {
		client := newVisitor(t)
		s.do(client, func(s *gormsession.State) { s.Set("a", 1) })
		key := s.keyOf(client)
		if _, found := s.row(key); !found {
			t.Error("the row holds another key")
		}
		keys = append(keys, key)
	}
	for _, key := range keys {
		if !regexp.MustCompile("^[a-z0-9]{32}$").MatchString(key) {
			t.Errorf("a key is %q", key)
		}
	}
}

// cookieSettings are settings of Django's and what they are here.
var cookieSettings = map[string]struct {
	django djangotest.Settings
	gin    []gormsession.Option
	secure bool // so that no browser sends it here
}{
	"defaults": {},
	"shared": {
		djangotest.Settings{"SESSION_COOKIE_NAME": "shopid", "SESSION_COOKIE_DOMAIN": "shop.test",
			"SESSION_COOKIE_AGE":      3600,
			"SESSION_COOKIE_SAMESITE": "Strict", "SESSION_COOKIE_HTTPONLY": false},
		[]gormsession.Option{gormsession.WithCookieName("shopid"), gormsession.WithDomain("shop.test"),
			gormsession.WithLifetime(time.Hour),
			gormsession.WithSameSite(http.SameSiteStrictMode), gormsession.WithHTTPOnly(false)},
		false,
	},
	"until the browser closes": {
		djangotest.Settings{
			"SESSION_EXPIRE_AT_BROWSER_CLOSE": true, "SESSION_COOKIE_SAMESITE": false,
			"SESSION_SAVE_EVERY_REQUEST": true,
		},
		[]gormsession.Option{
			gormsession.WithBrowserSession(), gormsession.WithSameSite(http.SameSiteDefaultMode),
			gormsession.WithSaveEveryRequest(),
		},
		false,
	},
	"embedded": {
		djangotest.Settings{
			"SESSION_COOKIE_NAME": "__Secure-shop", "SESSION_COOKIE_SECURE": true,
			"SESSION_COOKIE_SAMESITE": "None", "SESSION_COOKIE_PATH": "/app",
		},
		[]gormsession.Option{
			gormsession.WithCookieName("__Secure-shop"), gormsession.WithSecure(true),
			gormsession.WithSameSite(http.SameSiteNoneMode), gormsession.WithPath("/app"),
		},
		true,
	},
}

// Both sides set the same cookie, and each takes and deletes the other's, on hosts of one domain.
func TestCookieSettings(t *testing.T) {
	t.Parallel()
	for name, c := range cookieSettings {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, djangotest.V52, dbtest.New(t, dbtest.SQLite), c.django,
				Config{SecretKey: djangotest.SecretKey}, c.gin...)
			if name == "shared" {
				p.django.URL = strings.Replace(p.django.URL, "127.0.0.1", "www.shop.test", 1)
				p.gin.url = strings.Replace(p.gin.url, "127.0.0.1", "app.shop.test", 1)
			}
			set := func(c *gin.Context) { ginsession.Get(c).Set("gin", 1) }
			byDjango := p.django.Must(t, newBrowser(t), step{"set", "django", 1}).Header["Set-Cookie"]
			byGin := p.gin.visit(newBrowser(t), set).header["Set-Cookie"]
			if len(byDjango) != 1 || len(byGin) != 1 ||
				attributesOf(t, byDjango[0]) != attributesOf(t, byGin[0]) {
				t.Errorf("Django sets\n%q\nand Go\n%q", byDjango, byGin)
			}
			if c.secure {
				return
			}
			client := newBrowser(t)
			p.django.Must(t, client, step{"set", "a", 1})
			p.gin.do(client, func(s *gormsession.State) {
				if s.Get("a") != int64(1) {
					t.Error("Go does not take Django's cookie")
				}
				s.Set("b", 2)
			})
			if got := p.django.Must(t, client, step{"all"}); string(got.Results[0]) != `{"a": 1, "b": 2}` {
				t.Errorf("Django reads %s", got.Results[0])
			}
			p.gin.do(client, Logout)
			if got := p.django.Must(t, client, step{"all"}); string(got.Results[0]) != "{}" {
				t.Errorf("after Go's logout Django reads %s", got.Results[0])
			}
			p.gin.do(client, func(s *gormsession.State) { s.Set("a", 1) })
			p.django.Must(t, client, step{"logout"})
			var header string
			p.gin.visit(client, func(c *gin.Context) { header = c.GetHeader("Cookie") })
			if header != "" {
				t.Errorf("after Django's logout the browser sends %q", header)
			}
		})
	}
}

// attributesOf are the attributes of a cookie, whose Expires must say what its Max-Age does.
func attributesOf(t *testing.T, line string) string {
	t.Helper()
	c, err := http.ParseSetCookie(line)
	if err != nil {
		t.Fatal(err)
	}
	if ends := time.Now().Add(time.Duration(c.MaxAge) * time.Second); c.MaxAge != 0 &&
		c.Expires.Sub(ends).Abs() > time.Minute {
		t.Errorf("%s ends at %v, not %v", c.Name, c.Expires, ends)
	}
	return fmt.Sprint(c.Name, len(c.Value), c.Path, c.Domain, c.Expires.IsZero(), c.MaxAge, c.HttpOnly,
		c.Secure, c.SameSite)
}

// newBrowser is a visitor that finds all hosts on this machine.
func newBrowser(t *testing.T) *http.Client {
	t.Helper()
	client := newVisitor(t)
	transport := &http.Transport{DialContext: func(
		ctx context.Context, network, address string,
	) (net.Conn, error) {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	}}
	t.Cleanup(transport.CloseIdleConnections)
	client.Transport = transport
	return client
}
