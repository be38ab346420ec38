package suite

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// A site is an application with sessions in a private database, behind a real HTTP server. Its
// pages are the handlers that a test visits.
type site struct {
	on         ground
	t          testing.TB
	db         *gorm.DB
	statements *dbtest.Statements // nil where the test brought its own handle
	plugin     *gormsession.Plugin
	clock      *testClock
	log        *logbook
	table      string
	cookieName string
	handler    http.Handler
	url        string
	told       func([]error) // hears what the framework was told

	mu     sync.Mutex
	pages  map[string]func(*Call)
	issued []string // the keys that clients were told
}

// newSite opens the database through a recording driver. Expired rows are not swept unless opts say
// so, as nobody could tell when.
func (on ground) newSite(t testing.TB, d *dbtest.DB, opts ...gormsession.Option) *site {
	t.Helper()
	return on.newSiteWith(t, d, &gorm.Config{}, opts...)
}

func (on ground) newSiteWith(
	t testing.TB, d *dbtest.DB, config *gorm.Config, opts ...gormsession.Option,
) *site {
	t.Helper()
	db, statements := d.OpenCounted(t, config)
	s := on.newSiteOn(t, db, opts...)
	s.statements = statements
	return s
}

func (on ground) newSiteOn(t testing.TB, db *gorm.DB, opts ...gormsession.Option) *site {
	t.Helper()
	clock, log := newTestClock(), &logbook{}
	own := []gormsession.Option{
		gormsession.WithClock(clock.Now), gormsession.WithLogger(log.logger()),
		gormsession.WithCleanup(0),
	}
	plugin, err := gormsession.New(db, append(own, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	s := on.newSiteOf(t, db, plugin)
	s.clock, s.log = clock, log
	t.Cleanup(func() {
		for _, key := range s.issued {
			if strings.Contains(log.String(), key) {
				t.Errorf("the log holds a session key")
			}
		}
	})
	return s
}

// newSiteOf serves a plugin that the test has made.
func (on ground) newSiteOf(t testing.TB, db *gorm.DB, plugin *gormsession.Plugin) *site {
	t.Helper()
	s := &site{
		on: on, t: t, db: db, plugin: plugin, table: "web_sessions", cookieName: "session",
		pages: map[string]func(*Call){},
	}
	s.handler = on.adapter.Mount(Application{
		Plugin: plugin,
		Page:   func(c *Call) { s.page(path.Base(c.Request.URL.Path))(c) },
		Told: func(errs []error) {
			if s.told != nil {
				s.told(errs)
			}
		},
	})
	server := httptest.NewServer(s.handler)
	t.Cleanup(server.Close) // waits for the requests, so before the database goes
	s.url = server.URL
	return s
}

func (s *site) page(name string) func(*Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pages[name]
}

func (s *site) addPage(handler func(*Call)) (name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name = fmt.Sprint("page", len(s.pages))
	s.pages[name] = handler
	return name
}

// client follows no redirect and keeps no cookie. Its transport is its own, as each httptest.Server
// that closes cuts the idle connections of the default one.
var client = &http.Client{
	Transport:     &http.Transport{MaxIdleConnsPerHost: 4},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// visit has handler answer a request that brings a session key, none if it is empty. Where the
// handler does not flush, the session is saved when visit returns. It may be called from within a
// handler, whose own statements are then not to be counted.
func (s *site) visit(key string, handler func(c *Call), edits ...func(*http.Request)) reply {
	s.t.Helper()
	if s.statements != nil {
		s.statements.Reset()
	}
	r, err := http.NewRequest(http.MethodGet, s.url+"/"+s.addPage(handler), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if key != "" {
		r.Header.Set("Cookie", s.cookieName+"="+key)
	}
	for _, edit := range edits {
		edit(r)
	}
	response, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	got := reply{status: response.StatusCode, header: response.Header, body: string(body)}
	for i, c := range response.Cookies() {
		if c.Name != s.cookieName {
			continue
		}
		if got.cookie != nil {
			s.t.Errorf("the response sets the cookie twice: %q", response.Header["Set-Cookie"])
		}
		got.cookie, got.line = c, response.Header["Set-Cookie"][i]
		s.issue(c.Value)
	}
	if s.statements != nil {
		got.statements = s.statements.All()
	}
	return got
}

// issue notes a key that a client was told: nothing that is logged may hold it.
func (s *site) issue(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(key) == 32 {
		s.issued = append(s.issued, key)
	}
}

// start makes a session with the entries and returns its key.
func (s *site) start(entries map[string]any) string {
	s.t.Helper()
	got := s.visit("", func(c *Call) { c.Session().SetAll(entries) })
	if got.cookie == nil {
		s.t.Fatalf("no cookie was set: %d %s\n%s", got.status, got.body, s.log)
	}
	return got.cookie.Value
}

// entries are what the next request with that key sees; nil if there is no such session.
func (s *site) entries(key string) map[string]any {
	s.t.Helper()
	state, err := s.plugin.Open(context.Background(), key)
	if err != nil {
		s.t.Fatal(err)
	}
	if state.Key() != key {
		return nil
	}
	entries := map[string]any{}
	for name, value := range state.All() {
		entries[name] = value
	}
	return entries
}

// withLayout chooses a layout, as package django does.
func withLayout(l layout.Layout) gormsession.Option {
	return layout.Option(l).(gormsession.Option)
}
