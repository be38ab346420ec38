package ginsession_test

import (
	"bytes"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/mattn/go-sqlite3"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/suite"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.TestMode)
	gin.DefaultErrorWriter = io.Discard // the stacks of the recovery
	os.Exit(suite.Main(m, onGin))
}

// site is an application with sessions in a real database behind a real server.
// Routes and middleware are added to engine before the first request.
type site struct {
	t          *testing.T
	db         *gorm.DB
	statements *dbtest.Statements
	plugin     *gormsession.Plugin
	// the middleware, watched: whatever happens, the held response is not in c.Writer afterwards
	session gin.HandlerFunc
	engine  *gin.Engine
	handler http.Handler // what the server serves; the engine
	http2   bool

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
			if !isBack(c.Writer, writer) {
				s.t.Errorf("the middleware has left %T in the context", c.Writer)
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

// isBack tells whether now is the writer that was there before the middleware, or
// what it leaves on top of that one: never the response that it has held.
func isBack(now, before gin.ResponseWriter) bool {
	if now == before {
		return true
	}
	_, holds := now.(interface{ Held() bool })
	w, wraps := now.(interface{ Unwrap() http.ResponseWriter })
	return !holds && wraps && w.Unwrap() == before
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
		s.server.Client().CheckRedirect = func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}
	}
	return s.server
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
