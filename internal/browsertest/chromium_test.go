package browsertest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
)

// chromium is the one browser of all tests. It starts when the first of them needs it.
var chromium = sync.OnceValues(func() (*program, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, err
	}
	p := &program{}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.DisableGPU, chromedp.CombinedOutput(&p.said),
		// It calls nobody, and finds every host of .test here.
		chromedp.Flag("host-resolver-rules",
			"MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		chromedp.Flag("ignore-certificate-errors", true), // the tests' own are signed by nobody
	)
	allocator, _ := chromedp.NewExecAllocator(context.Background(), options...)
	p.ctx, _ = chromedp.NewContext(allocator)
	running.Store(p)
	return p, chromedp.Do(p.ctx)
})

// running is what chromium has started.
var running atomic.Pointer[program]

// program is a browser that runs.
type program struct {
	ctx  context.Context
	said safeBuffer
}

// closeChromium ends the browser, if there is one.
func closeChromium() {
	if p := running.Load(); p != nil {
		ctx, cancel := context.WithTimeout(p.ctx, 10*time.Second)
		defer cancel()
		_ = chromedp.Cancel(ctx)
	}
}

// safeBuffer keeps what several goroutines write.
type safeBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// person is somebody with a browser of their own, whose cookies no other has.
type person struct {
	t      *testing.T
	ctx    context.Context
	screen screen // of each tab
	touch  bool   // a finger, and no mouse
}

// somebody gets a browser for one test. Where there is no Chromium the test is skipped; with
// CI=true it fails, so that a run that is to count can hide nothing.
func somebody(t *testing.T, screen ...screen) *person {
	t.Helper()
	p, err := chromium()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	ctx, cancel := chromedp.NewContext(p.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("%v; the browser says:\n%s", err, &p.said)
	}
	return &person{t: t, ctx: ctx, screen: slices.Concat(screen...)}
}

// cookies are those that the browser keeps, of all sites.
func (p *person) cookies() []*network.Cookie {
	p.t.Helper()
	got, err := chromedp.CallBrowser(p.ctx, storage.GetCookies, storage.GetCookiesParams{
		BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return got.Cookies
}

// cookie is the only one that the browser keeps.
func (p *person) cookie() *network.Cookie {
	p.t.Helper()
	all := p.cookies()
	if len(all) != 1 {
		p.t.Fatalf("%d cookies, want one: %v", len(all), names(all))
	}
	return all[0]
}

// names are those of cookies, for messages, which show no key.
func names(cookies []*network.Cookie) (all []string) {
	for _, c := range cookies {
		all = append(all, c.Name+" of "+c.Domain)
	}
	return all
}
