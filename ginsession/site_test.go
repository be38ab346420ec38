package ginsession_test

import (
	"bytes"
	"errors"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.TestMode)
	gin.DefaultErrorWriter = io.Discard // the stacks of the recovery
	os.Exit(dbtest.Main(m))
}

// site is an application with sessions in a real database behind a real server.
// Routes and middleware are added to engine before the first request.
type site struct {
	t          *testing.T
	db         *gorm.DB
	statements *dbtest.Statements
	plugin     *gormsession.Plugin
	session    gin.HandlerFunc // the middleware, watched: whatever happens, c.Writer must be back
	engine     *gin.Engine
	handler    http.Handler // what the server serves; the engine
	http2      bool

	server  *httptest.Server
	running sync.Map      // the gin.Contexts of the requests under way
	failed  atomic.Int32  // calls of the error handler
	ended   chan *outcome // of each request, once the engine is through with it
	log     syncBuffer
}

// outcome is what a middleware outside of all others sees in the end.
type outcome struct {
	errors []error
	status int
	size   int
	panic  any
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
	s := &site{t: t, ended: make(chan *outcome, 100)}
	s.db, s.statements = dbtest.New(t, dbtest.SQLite).OpenCounted(t)
	s.plugin = s.newPlugin(opts...)
	session := ginsession.Handler(s.plugin)
	s.session = func(c *gin.Context) {
		writer := c.Writer
		defer func() {
			if c.Writer != writer {
				s.t.Error("the middleware has left a writer in the context")
			}
		}()
		session(c)
	}
	s.statements.Reset()
	s.engine = gin.New()
	s.engine.HandleMethodNotAllowed = true
	s.engine.Use(s.observe)
	s.handler = s.engine
	return s
}

func (s *site) newPlugin(opts ...gormsession.Option) *gormsession.Plugin {
	s.t.Helper()
	plugin, err := gormsession.New(s.db, append([]gormsession.Option{
		gormsession.WithLogger(slog.New(slog.NewTextHandler(&s.log, nil))),
		gormsession.WithErrorHandler(func(http.ResponseWriter, *http.Request, error) bool {
			s.failed.Add(1)
			return true // and writes nothing: the default answers
		}),
		gormsession.WithCleanup(0),
	}, opts...)...)
	if err != nil {
		s.t.Fatal(err)
	}
	return plugin
}

// observe is mounted first. A run that the router has begun again is part of the
// first one.
func (s *site) observe(c *gin.Context) {
	if _, again := s.running.LoadOrStore(c, true); again {
		return
	}
	writer := c.Writer
	defer func() {
		o := &outcome{status: writer.Status(), size: writer.Size(), panic: recover()}
		for _, err := range c.Errors {
			o.errors = append(o.errors, err.Err)
		}
		s.running.Delete(c)
		s.ended <- o
		if o.panic != nil {
			panic(o.panic)
		}
	}()
	c.Next()
}

func (s *site) start() *httptest.Server {
	if s.server == nil {
		s.server = httptest.NewUnstartedServer(s.handler)
		s.server.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.server.EnableHTTP2 = s.http2
		if s.http2 {
			s.server.StartTLS()
		} else {
			s.server.Start()
		}
		s.t.Cleanup(s.server.Close)
		s.server.Client().Timeout = 20 * time.Second
		s.server.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	return s.server
}

// answer is a response and what came of its request.
type answer struct {
	*outcome
	response *http.Response
	status   int
	body     string
	err      error // of the request, or of reading the body
}

// get sends a GET, with the cookie of an earlier answer if there is one.
func (s *site) get(path string, before ...*answer) *answer {
	s.t.Helper()
	return s.send("GET", path, nil, before...)
}

func (s *site) send(method, path string, edit func(r *http.Request), before ...*answer) *answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.start().URL+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, a := range before {
		for _, c := range a.response.Cookies() {
			r.AddCookie(c)
		}
	}
	if edit != nil {
		edit(r)
	}
	a := &answer{}
	if a.response, a.err = s.server.Client().Do(r); a.err == nil {
		var body []byte
		body, a.err = io.ReadAll(a.response.Body)
		_ = a.response.Body.Close()
		a.status, a.body = a.response.StatusCode, string(body)
		if wanted := map[bool]int{false: 1, true: 2}[s.http2]; a.response.ProtoMajor != wanted {
			s.t.Errorf("answered over %s", a.response.Proto)
		}
	}
	a.outcome = s.wait()
	return a
}

// wait waits for the end of a request.
func (s *site) wait() *outcome {
	s.t.Helper()
	select {
	case o := <-s.ended:
		return o
	case <-time.After(20 * time.Second):
		s.t.Fatal("the request does not end")
		return nil
	}
}

// cookies are the lines that set the session's cookie.
func (a *answer) cookies() []string {
	return slices.DeleteFunc(slices.Clone(a.response.Header["Set-Cookie"]), func(line string) bool {
		return !strings.HasPrefix(line, "session=")
	})
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
	if got := a.cookies(); len(got) != cookies {
		s.t.Errorf("got the cookies %q, want %d", got, cookies)
	}
}

// wantSaved checks that value is the entry "k" of the only session, "" that there
// is none, and that no save has failed.
func (s *site) wantSaved(value string) {
	s.t.Helper()
	s.wantRow(value)
	if n := s.failed.Load(); n != 0 {
		s.t.Errorf("the error handler was called %d times", n)
	}
}

func (s *site) wantRow(value string) {
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

// wantFailed checks that the error handler was called once.
func (s *site) wantFailed(a *answer, err error) {
	s.t.Helper()
	if n := s.failed.Load(); n != 1 {
		s.t.Errorf("the error handler was called %d times, want once", n)
	}
	s.wantError(a.outcome, err)
}

// wantError checks that c.Errors holds one error, which wraps err.
func (s *site) wantError(o *outcome, err error) {
	s.t.Helper()
	if len(o.errors) != 1 || !errors.Is(o.errors[0], err) {
		s.t.Errorf("c.Errors holds %v, want %v", o.errors, err)
	}
}

var errDisk = errors.New("the disk is full")

// breakWrites makes every write to the database fail.
func (s *site) breakWrites() {
	s.statements.Fail(func(sql string) error {
		if strings.HasPrefix(sql, "INSERT") || strings.HasPrefix(sql, "UPDATE") || strings.HasPrefix(sql, "DELETE") {
			return errDisk
		}
		return nil
	})
}

// login is a route that makes a session with "k" = "old".
func (s *site) login() *answer {
	s.t.Helper()
	s.engine.GET("/login", s.session, func(c *gin.Context) {
		ginsession.Get(c).Set("k", "old")
		c.String(200, "hello")
	})
	a := s.get("/login")
	s.want(a, 200, "hello", 1)
	s.wantSaved("old")
	return a
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
