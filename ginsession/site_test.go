package ginsession_test

import (
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/sitetest"
	"github.com/seed7368b609/gormsession/internal/suite"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.TestMode)
	gin.DefaultErrorWriter = io.Discard // the stacks of the recovery
	os.Exit(suite.Main(m, onGin))
}

// site is an application with sessions. Routes and middleware are added to engine before the first
// request.
type site struct {
	*sitetest.Site
	plugin *gormsession.Plugin
	// the middleware, watched: whatever happens, the held response is not in c.Writer afterwards
	session gin.HandlerFunc
	engine  *gin.Engine

	running sync.Map      // the gin.Contexts of the requests under way
	failed  atomic.Int32  // calls of the error handler
	ended   chan *outcome // of each request, once the engine is through with it
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
	sitetest.Each(t, func(t *testing.T, http2 bool) {
		s := newSite(t)
		s.HTTP2 = http2
		test(t, s)
	})
}

func newSite(t *testing.T, opts ...gormsession.Option) *site {
	t.Helper()
	s := &site{Site: sitetest.New(t), ended: make(chan *outcome, 100)}
	s.plugin = s.newPlugin(opts...)
	session := ginsession.Handler(s.plugin)
	s.session = func(c *gin.Context) {
		writer := c.Writer
		defer func() {
			if !isBack(c.Writer, writer) {
				s.T.Errorf("the middleware has left %T in the context", c.Writer)
			}
		}()
		session(c)
	}
	s.Statements.Reset()
	s.engine = gin.New()
	s.engine.HandleMethodNotAllowed = true
	s.engine.Use(s.observe)
	s.Handler = s.engine
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

// newPlugin makes a plugin whose failures are counted.
func (s *site) newPlugin(opts ...gormsession.Option) *gormsession.Plugin {
	s.T.Helper()
	return s.NewPlugin(append([]gormsession.Option{
		gormsession.WithErrorHandler(func(http.ResponseWriter, *http.Request, error) bool {
			s.failed.Add(1)
			return true // and writes nothing: the default answers
		}),
	}, opts...)...)
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

// wait waits for the end of a request.
func (s *site) wait() *outcome {
	s.T.Helper()
	select {
	case o := <-s.ended:
		return o
	case <-time.After(20 * time.Second):
		s.T.Fatal("the request does not end")
		return nil
	}
}

// login is a route that makes a session with "k" = "old".
func (s *site) login() *answer {
	s.T.Helper()
	s.engine.GET("/login", s.session, func(c *gin.Context) {
		ginsession.Get(c).Set("k", "old")
		c.String(200, "hello")
	})
	a := s.get("/login")
	s.want(a, 200, "hello", 1)
	s.wantSaved("old")
	return a
}
