// Package sitetest is for the tests of adapters: an application with sessions in a real database
// behind a real server, what its visitors get, and what the database holds then. It knows no
// framework.
package sitetest

import (
	"bytes"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A Site is an application with one plugin or more, all in one database.
type Site struct {
	T          *testing.T
	DB         *gorm.DB
	Statements *dbtest.Statements
	Log        Log

	// Handler is what the server serves. It may change between requests.
	Handler http.Handler
	HTTP2   bool

	server *httptest.Server
	ended  chan struct{} // of each request
}

// New opens the database of a site.
func New(t *testing.T) *Site {
	t.Helper()
	s := Serving(t, nil, false)
	s.DB, s.Statements = dbtest.New(t, dbtest.SQLite).OpenCounted(t)
	return s
}

// Serving is a site without a database, for what is compared with one.
func Serving(t *testing.T, h http.Handler, http2 bool) *Site {
	return &Site{T: t, Handler: h, HTTP2: http2, ended: make(chan struct{}, 100)}
}

// Each runs a test over HTTP/1.1 and over HTTP/2.
func Each(t *testing.T, test func(t *testing.T, http2 bool)) {
	t.Helper()
	for name, http2 := range map[string]bool{"HTTP1": false, "HTTP2": true} {
		t.Run(name, func(t *testing.T) { test(t, http2) })
	}
}

// NewPlugin makes a plugin that logs into Log, and sweeps nothing.
func (s *Site) NewPlugin(opts ...gormsession.Option) *gormsession.Plugin {
	s.T.Helper()
	plugin, err := gormsession.New(s.DB, append([]gormsession.Option{
		gormsession.WithLogger(slog.New(slog.NewTextHandler(&s.Log, nil))),
		gormsession.WithCleanup(0),
	}, opts...)...)
	if err != nil {
		s.T.Fatal(err)
	}
	return plugin
}

// Other is a second plugin, with a table and a cookie of its own.
func (s *Site) Other() *gormsession.Plugin {
	s.T.Helper()
	return s.NewPlugin(gormsession.WithTable("others"), gormsession.WithCookieName("other"))
}

// Start is the server, which starts when it is first asked for. Its client follows no redirect.
func (s *Site) Start() *httptest.Server {
	if s.server == nil {
		s.server = httptest.NewUnstartedServer(http.HandlerFunc(
			func(w http.ResponseWriter, r *http.Request) {
				defer s.end()
				s.Handler.ServeHTTP(w, r)
			}))
		s.server.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.server.EnableHTTP2 = s.HTTP2
		if s.HTTP2 {
			s.server.StartTLS()
		} else {
			s.server.Start()
		}
		s.T.Cleanup(s.server.Close)
		s.server.Client().Timeout = 20 * time.Second
		s.server.Client().CheckRedirect = func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}
	}
	return s.server
}

// end tells Wait, if somebody will.
func (s *Site) end() {
	select {
	case s.ended <- struct{}{}:
	default:
	}
}

// Wait waits for the end of a request.
func (s *Site) Wait() {
	s.T.Helper()
	select {
	case <-s.ended:
	case <-time.After(20 * time.Second):
		s.T.Fatal("the request does not end")
	}
}

// ErrDisk is in SQLite's own words, so it is certain that the statement was not carried out.
var ErrDisk = sqlite3.Error{Code: sqlite3.ErrFull}

// BreakWrites makes every write to the database fail.
func (s *Site) BreakWrites() {
	s.Statements.Fail(func(sql string) error {
		if strings.HasPrefix(sql, "INSERT") || strings.HasPrefix(sql, "UPDATE") ||
			strings.HasPrefix(sql, "DELETE") {
			return ErrDisk
		}
		return nil
	})
}

// Saved are the entries "k" of all sessions of a plugin.
func (s *Site) Saved(plugin *gormsession.Plugin) (saved []any) {
	s.T.Helper()
	var rows []gormsession.Session
	if err := s.DB.Find(&rows).Error; err != nil {
		s.T.Fatal(err)
	}
	for _, row := range rows {
		entries, err := plugin.Entries(row)
		if err != nil {
			s.T.Fatal(err)
		}
		saved = append(saved, entries["k"])
	}
	return saved
}

// WantSaved checks that value is the entry "k" of the only session, "" that there is none.
func (s *Site) WantSaved(plugin *gormsession.Plugin, value string) {
	s.T.Helper()
	saved := s.Saved(plugin)
	if value == "" && len(saved) != 0 || value != "" && (len(saved) != 1 || saved[0] != value) {
		s.T.Errorf("saved %v, want %q", saved, value)
	}
}

// Log is a log that several goroutines may write.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
