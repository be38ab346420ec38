package browsertest

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// Somebody presses "Log in" twice, as fast as can be or as people do, and is logged in.
func TestDoubleClickOnLogIn(t *testing.T) {
	t.Parallel()
	for name, pause := range map[string]func(){
		"fast": func() {}, "slow": func() { time.Sleep(120 * time.Millisecond) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openShop(t)
			b := somebody(t).tab()
			b.open(s.base)
			b.press(add("mug"))
			s.doubleClick(b, pause)
		})
	}
}

// The worst of it: the browser has gone on to the second click when the answer to the first one
// comes, and does not keep its cookie. The second click logs in all the same. The first login, with
// which the cart goes, is one that the user can end among the devices.
func TestDoubleClickWhoseFirstAnswerIsLost(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	behind, err := url.Parse(s.base)
	if err != nil {
		t.Fatal(err)
	}
	var logins atomic.Int32
	first, second := make(chan struct{}), make(chan struct{})
	proxy := httputil.NewSingleHostReverseProxy(behind)
	proxy.ModifyResponse = func(resp *http.Response) error {
		if r := resp.Request; r.Method != http.MethodPost || r.URL.Path != "/login" {
			return nil
		}
		if logins.Add(1) > 1 {
			close(second)
			return nil
		}
		close(first)
		<-second
		return nil
	}
	proxy.ErrorLog = log.New(io.Discard, "", 0) // the browser gives up the first one
	front := httptest.NewServer(proxy)
	t.Cleanup(front.Close)
	s.base = front.URL
	b := somebody(t).tab()
	b.open(s.base)
	b.press(add("mug"))
	s.doubleClick(b, func() { <-first })
	b.open(s.base + "/account/devices")
	b.press(`form[action="/account/devices/end"] button`)
	b.shows("That device is logged out.")
	s.base = behind.String()
}

// doubleClick logs Ada in by a double click, with something between the two.
func (s *shop) doubleClick(b *tab, between func()) {
	s.t.Helper()
	b.open(s.base + "/login")
	b.fill("#name", "ada")
	b.fill("#password", password)
	b.leads(twice(logInButton, between))
	for b.path() == "/login" { // the first page that came was not yet the last
		b.arrives()
	}
	b.open(s.base + "/account")
	if b.path() != "/account" || !strings.Contains(b.text(), "logged in as Ada") {
		s.t.Errorf("the double click leads to %s, which shows\n%s", b.path(), b.text())
	}
}

// twice presses a button two times, without waiting for what the first one leads to.
func twice(selector string, between func()) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		box, err := chromedp.Evaluate[[]float64](`(() => {
			const box = document.querySelector("`+selector+`").getBoundingClientRect();
			return [box.x + box.width / 2, box.y + box.height / 2];
		})()`)(ctx, t)
		if err != nil {
			return err
		}
		for click := range int64(2) {
			for _, kind := range []input.DispatchMouseEventType{
				chromedp.MousePressed, chromedp.MouseReleased,
			} {
				_, err := cdp.Call(ctx, t, input.DispatchMouseEvent, input.DispatchMouseEventParams{
					Type: kind, X: box[0], Y: box[1], Button: input.MouseButtonLeft, ClickCount: click + 1,
				})
				if err != nil {
					return err
				}
			}
			if click == 0 {
				between()
			}
		}
		return nil
	})
}
