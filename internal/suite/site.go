package suite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

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

	mu    sync.Mutex
	pages map[string]func(*Call)
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

// A reply is what a visit gave.
type reply struct {
	status     int
	header     http.Header
	body       string
	cookie     *http.Cookie // ours, nil if the response sets none
	line       string       // its Set-Cookie line
	statements []string     // what the database was asked meanwhile
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
	}
	if s.statements != nil {
		got.statements = s.statements.All()
	}
	return got
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

// verbs are the first words of the statements.
func (r reply) verbs() string {
	verbs := make([]string, len(r.statements))
	for i, statement := range r.statements {
		verbs[i], _, _ = strings.Cut(statement, " ")
	}
	return strings.Join(verbs, " ")
}

// single is what a request with writes of one statement each asks: they go without a transaction
// where the pool says so.
func (s *site) single(verbs string) string {
	if !s.db.SkipDefaultTransaction {
		return verbs
	}
	return strings.Join(slices.DeleteFunc(strings.Fields(verbs), func(verb string) bool {
		return verb == "BEGIN" || verb == "COMMIT"
	}), " ")
}

// cookieIs tells what the response does to the cookie of a request with that key: "", "deleted",
// "refreshed" or "new".
func (r reply) cookieIs(key string) string {
	switch {
	case r.cookie == nil:
		return ""
	case r.cookie.Value == "" && r.cookie.MaxAge < 0:
		return "deleted"
	case r.cookie.Value == key:
		return "refreshed"
	}
	return "new"
}

// stored is the key as the row of the default table holds it.
func stored(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// A row is what the table holds.
type row struct {
	data   string
	expire time.Time
}

// rows reads the table past the library, by the key as stored.
func (s *site) rows() map[string]row {
	s.t.Helper()
	return rowsOf(s.t, s.db, s.table)
}

func rowsOf(t testing.TB, db *gorm.DB, table string) map[string]row {
	t.Helper()
	expire := map[string]string{
		"sqlite":   "CAST(expire_date AS TEXT)",
		"postgres": "to_char(expire_date AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
		"mysql":    "CAST(expire_date AS CHAR)",
	}[db.Dialector.Name()]
	var found []struct{ SessionKey, SessionData, Expire string }
	if err := db.Raw("SELECT session_key, session_data, " + expire + " AS expire FROM " +
		table).Scan(&found).Error; err != nil {
		t.Fatal(err)
	}
	rows := make(map[string]row, len(found))
	for _, f := range found {
		at, err := time.Parse("2006-01-02 15:04:05", f.Expire)
		if err != nil {
			t.Fatal(err)
		}
		rows[f.SessionKey] = row{nonce.ReplaceAllString(f.SessionData, ""), at}
	}
	return rows
}

// nonce is the white space that marks the text of a save that must not be done twice. It means
// nothing to whoever reads the row.
var nonce = regexp.MustCompile(`[ \t\r\n]{20}`)

// testClock is a clock that a test moves.
type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func newTestClock() *testClock {
	return &testClock{now: time.Date(2026, 3, 4, 5, 6, 7, 123456000, time.UTC)}
}

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

func (c *testClock) advance(d time.Duration) { c.set(c.Now().Add(d)) }

// withLayout chooses a layout, as package django does.
func withLayout(l layout.Layout) gormsession.Option {
	return layout.Option(l).(gormsession.Option)
}
