package browsertest

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// patience is how long a page may take.
const patience = time.Minute

// tab is a tab of somebody's browser.
type tab struct {
	t     *testing.T
	ctx   context.Context
	touch bool
	pages chan struct{} // each that stands there, from the network or from the browser's own cache
	*console
}

// tab opens an empty one.
func (p *person) tab() *tab {
	p.t.Helper()
	b := &tab{t: p.t, touch: p.touch, pages: make(chan struct{}, 100), console: &console{}}
	ctx, cancel := chromedp.NewContext(p.ctx, chromedp.WithListener(b.hear))
	b.ctx = ctx
	p.t.Cleanup(func() {
		p.t.Helper()
		b.console.check(p.t)
		cancel()
	})
	b.do(chromedp.Steps(p.screen...))
	b.do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, audits.Enable, cdp.Empty{})
		return chromedp.Void{}, err
	})
	return b
}

func (b *tab) hear(event any) {
	b.console.hear(event)
	switch e := event.(type) {
	case *page.EventLoadEventFired:
	case *page.EventFrameNavigated:
		if e.Type != page.NavigationTypeBackForwardCacheRestore || e.Frame.ParentID != "" {
			return
		}
	default:
		return
	}
	select {
	case b.pages <- struct{}{}:
	default: // nobody waits for so many
	}
}

// do does one thing.
func (b *tab) do(action chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if chromedp.FromContext(b.ctx).Target == nil {
		// The first use of a context must not end before the tab does.
		if err := chromedp.Do(b.ctx); err != nil {
			b.t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, action); err != nil {
		b.t.Fatal(err)
	}
}

// leads does what leads to another page, and waits until that is there.
func (b *tab) leads(action chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	for len(b.pages) > 0 {
		<-b.pages
	}
	b.do(action)
	b.arrives()
}

// arrives waits for the next page.
func (b *tab) arrives() {
	b.t.Helper()
	select {
	case <-b.pages:
	case <-time.After(patience):
		b.t.Fatal("no page came")
	}
}

// ask has a script compute something in the page.
func ask[T any](b *tab, script string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%v, in\n%s", err, script)
	}
	return v
}

// open goes to an address as if it had been typed.
func (b *tab) open(address string) {
	b.t.Helper()
	b.leads(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, page.Navigate, page.NavigateParams{URL: address})
		return chromedp.Void{}, err
	})
}

// press clicks what the selector finds first, or taps it, and waits for the page that it leads to.
func (b *tab) press(selector string) {
	b.t.Helper()
	b.leads(b.click(selector))
}

func (b *tab) click(selector string) chromedp.Action[chromedp.Void] {
	if b.touch {
		return chromedp.Tap(chromedp.CSS(selector))
	}
	return chromedp.Click(chromedp.CSS(selector))
}

// fill types into a field, in the place of what it holds.
func (b *tab) fill(selector, text string) {
	b.t.Helper()
	b.do(chromedp.Clear(chromedp.CSS(selector)))
	b.do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// reload loads the page once more.
func (b *tab) reload() {
	b.t.Helper()
	b.leads(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, page.Reload, page.ReloadParams{})
		return chromedp.Void{}, err
	})
}

// turn presses Back, by -1, or Forward.
func (b *tab) turn(by int64) {
	b.t.Helper()
	b.leads(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		h, err := cdp.Call(ctx, t, page.GetNavigationHistory, cdp.Empty{})
		if err != nil {
			return chromedp.Void{}, err
		}
		_, err = cdp.Call(ctx, t, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{
			EntryID: h.Entries[h.CurrentIndex+by].ID,
		})
		return chromedp.Void{}, err
	})
}

// path is that of the page that stands there.
func (b *tab) path() string {
	b.t.Helper()
	u, err := url.Parse(ask[string](b, "location.href"))
	if err != nil {
		b.t.Fatal(err)
	}
	return u.Path
}

// text is what the page shows.
func (b *tab) text() string {
	b.t.Helper()
	return ask[string](b, "document.body.innerText")
}
