package httpsession_test

import (
	"bufio"
	"bytes"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/httpsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// middleware is what the standard library, chi and others take.
type middleware = func(http.Handler) http.Handler

// site is an application with sessions in a real database behind a real server.
type site struct {
	t          *testing.T
	db         *gorm.DB
	statements *dbtest.Statements
	plugin     *gormsession.Plugin
	session    middleware
	handler    http.Handler // what the server serves, which may change between requests
	http2      bool

	server *httptest.Server
	ended  chan struct{} // of each request
	log    syncBuffer
}

// each runs a test over HTTP/1.1 and over HTTP/2.
func each(t *testing.T, test func(t *testing.T, s *site)) {
	t.Helper()
	for name, http2 := range map[string]bool{"HTTP1": false, "HTTP2": true} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.http2 = http2
			test(t, s)
		})
	}
}

func newSite(t *testing.T, opts ...gormsession.Option) *site {
	t.Helper()
	s := &site{t: t, ended: make(chan struct{}, 100)}
	s.db, s.statements = dbtest.New(t, dbtest.SQLite).OpenCounted(t)
	s.plugin = s.newPlugin(opts...)
	s.session = httpsession.Handler(s.plugin)
	return s
}

func (s *site) newPlugin(opts ...gormsession.Option) *gormsession.Plugin {
	s.t.Helper()
	plugin, err := gormsession.New(s.db, append([]gormsession.Option{
		gormsession.WithLogger(slog.New(slog.NewTextHandler(&s.log, nil))),
		gormsession.WithCleanup(0),
	}, opts...)...)
	if err != nil {
		s.t.Fatal(err)
	}
	return plugin
}

// other is a second plugin, with a table and a cookie of its own.
func (s *site) other() *gormsession.Plugin {
	s.t.Helper()
	return s.newPlugin(gormsession.WithTable("others"), gormsession.WithCookieName("other"))
}

// serve has a page answer from now on, within middleware of which the first is the outermost.
func (s *site) serve(page http.HandlerFunc, within ...middleware) {
	s.handler = page
	for _, m := range slices.Backward(within) {
		s.handler = m(s.handler)
	}
}

func (s *site) start() *httptest.Server {
	if s.server == nil {
		s.server = httptest.NewUnstartedServer(http.HandlerFunc(
			func(w http.ResponseWriter, r *http.Request) {
				defer func() { s.ended <- struct{}{} }()
				s.handler.ServeHTTP(w, r)
			}))
		s.server.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.server.EnableHTTP2 = s.http2
		if s.http2 {
			s.server.StartTLS()
		} else {
			s.server.Start()
		}
		s.t.Cleanup(s.server.Close)
		s.server.Client().Timeout = 20 * time.Second
		s.server.Client().CheckRedirect = func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}
	}
	return s.server
}

// answer is a response, with its body.
type answer struct {
	response *http.Response
	status   int
	body     string
	err      error // of the request, or of reading the body
}

// get sends a GET, with the cookies of an earlier answer if there is one, and waits for the end of
// the request.
func (s *site) get(before ...*answer) *answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), "GET", s.start().URL+"/page", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.send(r, before...)
}

func (s *site) send(r *http.Request, before ...*answer) *answer {
	s.t.Helper()
	for _, a := range before {
		for _, c := range a.response.Cookies() {
			r.AddCookie(c)
		}
	}
	a := &answer{}
	if a.response, a.err = s.server.Client().Do(r); a.err == nil {
		var body []byte
		body, a.err = io.ReadAll(a.response.Body)
		_ = a.response.Body.Close()
		a.status, a.body = a.response.StatusCode, string(body)
	}
	select {
	case <-s.ended:
	case <-time.After(20 * time.Second):
		s.t.Fatal("the request does not end")
	}
	return a
}

// want checks an answer: its status, its body, and how many cookies it sets.
func (s *site) want(a *answer, status int, body string, cookies int) {
	s.t.Helper()
	if a.err != nil {
		s.t.Fatal(a.err)
	}
	if a.status != status || a.body != body {
		s.t.Errorf("got %d %.200q, want %d %.200q", a.status, a.body, status, body)
	}
	if got := a.response.Header["Set-Cookie"]; len(got) != cookies {
		s.t.Errorf("got the cookies %q, want %d", got, cookies)
	}
}

// wantSaved checks that value is the entry "k" of the only session, "" that there is none.
func (s *site) wantSaved(value string) {
	s.t.Helper()
	var rows []gormsession.Session
	if err := s.db.Find(&rows).Error; err != nil {
		s.t.Fatal(err)
	}
	var saved []any
	for _, row := range rows {
		entries, err := s.plugin.Entries(row)
		if err != nil {
			s.t.Fatal(err)
		}
		saved = append(saved, entries["k"])
	}
	if value == "" && len(saved) != 0 || value != "" && (len(saved) != 1 || saved[0] != value) {
		s.t.Errorf("saved %v, want %q", saved, value)
	}
}

// login makes a session with "k" = "old".
func (s *site) login() *answer {
	s.t.Helper()
	s.serve(func(w http.ResponseWriter, r *http.Request) { set(r, "old") }, s.session)
	a := s.get()
	s.want(a, 200, "", 1)
	s.wantSaved("old")
	return a
}

func set(r *http.Request, value string) { httpsession.Get(r).Set("k", value) }

func write(w http.ResponseWriter, status int, body string) {
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// errDisk is in SQLite's own words, so it is certain that the statement was not carried out.
var errDisk = sqlite3.Error{Code: sqlite3.ErrFull}

// breakWrites makes every write to the database fail.
func (s *site) breakWrites() {
	s.statements.Fail(func(sql string) error {
		if strings.HasPrefix(sql, "INSERT") || strings.HasPrefix(sql, "UPDATE") ||
			strings.HasPrefix(sql, "DELETE") {
			return errDisk
		}
		return nil
	})
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// connect opens a connection, to speak HTTP by hand.
func (s *site) connect() (net.Conn, *bufio.Reader) {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.start().Listener.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	return conn, bufio.NewReader(conn)
}
