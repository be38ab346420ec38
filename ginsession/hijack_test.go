package ginsession_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/gin-gonic/gin"
	gorilla "github.com/gorilla/websocket"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// echo is a websocket by a library that writes 101 before it hijacks. late runs
// once the client has spoken.
func (s *site) echo(late func(c *gin.Context)) gin.HandlerFunc {
	return func(c *gin.Context) {
		conn, err := websocket.Accept(c.Writer, c.Request, nil)
		if err != nil {
			_ = c.Error(err)
			return
		}
		defer conn.CloseNow()
		kind, message, err := conn.Read(context.WithoutCancel(c.Request.Context()))
		if err != nil {
			s.T.Error(err)
			return
		}
		late(c)
		if err := conn.Write(context.WithoutCancel(c.Request.Context()), kind, message); err != nil {
			s.T.Error(err)
		}
	}
}

// dial opens a websocket and has a word echoed. It returns the handshake.
func (s *site) dial(path string, before ...*answer) *answer {
	s.T.Helper()
	r := &http.Request{Header: http.Header{}}
	for _, a := range before {
		for _, c := range a.response.Cookies() {
			r.AddCookie(c)
		}
	}
	ctx, cancel := context.WithTimeout(s.T.Context(), 20*time.Second)
	defer cancel()
	a := &answer{}
	var conn *websocket.Conn
	conn, a.response, a.err = websocket.Dial(ctx, s.Start().URL+path, &websocket.DialOptions{
		HTTPClient: s.Start().Client(), HTTPHeader: r.Header,
	})
	if a.err == nil {
		defer conn.CloseNow()
		if a.err = conn.Write(ctx, websocket.MessageText, []byte("hello")); a.err == nil {
			var message []byte
			_, message, a.err = conn.Read(ctx)
			a.body = string(message)
		}
	}
	if a.response != nil {
		a.status = a.response.StatusCode
	}
	a.outcome = s.wait()
	return a
}

// The session is saved before the handshake, which carries its cookie; a change
// after it is saved at the end.
func TestWebsocket(t *testing.T) {
	s := newSite(t)
	s.engine.Use(s.session)
	s.engine.GET("/", func(c *gin.Context) { set(c, "new") }, s.echo(func(c *gin.Context) {
		s.wantSaved("new")
		set(c, "late")
	}))
	a := s.dial("/")
	s.want(a, 101, "hello", 1)
	s.wantSaved("late")
	if len(a.errors) != 0 {
		t.Errorf("c.Errors holds %v", a.errors)
	}
}

func TestNewSessionAfterWebsocket(t *testing.T) {
	s := newSite(t)
	s.engine.GET("/", s.session, s.echo(func(c *gin.Context) { set(c, "late") }))
	a := s.dial("/")
	s.want(a, 101, "hello", 0)
	s.wantSaved("")
	s.wantError(a.outcome, gormsession.ErrHeaderSent)
}

// A save that fails is the answer to the handshake.
func TestWebsocketSaveFails(t *testing.T) {
	s := newSite(t)
	s.BreakWrites()
	s.engine.GET("/", s.session, func(c *gin.Context) { set(c, "new") }, s.echo(nil))
	a := s.dial("/")
	if a.err == nil || a.status != 503 || len(a.cookies()) != 0 {
		t.Errorf("the handshake: %d, %v", a.status, a.err)
	}
	if got := a.response.Header.Get("Upgrade"); got != "" {
		t.Errorf("Upgrade: %s", got)
	}
	s.wantRow("")
	if n := s.failed.Load(); n != 1 {
		t.Errorf("the error handler was called %d times", n)
	}
	// The commit's, and what Accept made of it.
	if len(a.errors) != 2 || !errors.Is(a.errors[0], gormsession.ErrUnavailable) ||
		!errors.Is(a.errors[1], gormsession.ErrUnavailable) {
		t.Errorf("c.Errors holds %v", a.errors)
	}
}

// gorilla hijacks before it has written anything, and writes the handshake
// itself: no header of ours is in it.
func TestRawHijack(t *testing.T) {
	for _, test := range []struct {
		name  string
		live  bool
		save  error
		saved string
	}{
		{"live session", true, nil, "new"},
		{"new session", false, gormsession.ErrHeaderSent, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t)
			var before []*answer
			if test.live {
				before = append(before, s.login())
			}
			s.engine.GET("/", s.session, func(c *gin.Context) {
				set(c, "new")
				upgrader := gorilla.Upgrader{}
				conn, err := upgrader.Upgrade(c.Writer, c.Request, nil)
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				s.wantSaved(test.saved)
				kind, message, err := conn.ReadMessage()
				if err != nil {
					t.Error(err)
				}
				if err := conn.WriteMessage(kind, message); err != nil {
					t.Error(err)
				}
			})
			a := s.dial("/", before...)
			s.want(a, 101, "hello", 0)
			s.wantSaved(test.saved)
			if test.save != nil {
				s.wantError(a.outcome, test.save)
			} else if len(a.errors) != 0 {
				t.Errorf("c.Errors holds %v", a.errors)
			}
		})
	}
}

// A changed key cannot be told, so it is not changed, and that is reported: the session keeps one
// that somebody may have planted.
func TestRawHijackAfterCycle(t *testing.T) {
	s := newSite(t)
	login := s.login()
	s.engine.GET("/", s.session, func(c *gin.Context) {
		ginsession.Get(c).CycleKey()
		conn, _, err := c.Writer.Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
	})
	a := s.get("/", login)
	s.wantError(a.outcome, gormsession.ErrHeaderSent)
	s.wantRow("old")
}

func TestRawHijackSaveFails(t *testing.T) {
	s := newSite(t)
	login := s.login()
	s.BreakWrites()
	s.engine.GET("/", s.session, func(c *gin.Context) {
		set(c, "new")
		upgrader := gorilla.Upgrader{}
		// It returns the text of the error alone.
		if _, err := upgrader.Upgrade(c.Writer, c.Request, nil); err == nil ||
			!strings.Contains(err.Error(), gormsession.ErrUnavailable.Error()) {
			t.Errorf("Upgrade: %v", err)
		}
	})
	a := s.dial("/", login)
	if a.err == nil || a.status != 503 || len(a.cookies()) != 0 {
		t.Errorf("the handshake: %d, %v", a.status, a.err)
	}
	s.wantRow("old")
	s.wantFailed(a, gormsession.ErrUnavailable)
}

// HTTP/2 has no connection to take. The handler is told before anything is
// decided, and can answer.
func TestHijackOverHTTP2(t *testing.T) {
	s := newSite(t)
	s.HTTP2 = true
	s.engine.GET("/", s.session, func(c *gin.Context) {
		set(c, "new")
		_, _, err := c.Writer.Hijack()
		if !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("Hijack: %v", err)
		}
		c.String(501, "not over %s", strings.ToUpper(c.Request.Proto))
	})
	s.engine.GET("/saves", s.session, func(c *gin.Context) {
		set(c, "new")
		_, _, _ = http.NewResponseController(c.Writer).Hijack()
		c.String(426, "upgrade")
	})
	s.want(s.get("/"), 501, "not over HTTP/2.0", 0)
	s.want(s.get("/saves"), 426, "upgrade", 1)
	s.wantSaved("new")
}

func TestHijackAfterBody(t *testing.T) {
	s := newSite(t)
	s.engine.GET("/", s.session, func(c *gin.Context) {
		set(c, "new")
		c.String(200, "body")
		if conn, _, err := c.Writer.Hijack(); err == nil {
			t.Error("hijacked after a body, which gin refuses")
			_ = conn.Close()
		}
	})
	s.want(s.get("/"), 200, "body", 1)
	s.wantSaved("new")
}

// A hijack after the header was completed sends it first, with the cookie.
func TestHijackAfterHeader(t *testing.T) {
	s := newSite(t)
	s.engine.GET("/", s.session, func(c *gin.Context) {
		set(c, "new")
		c.Header("Content-Length", "3")
		c.Status(202)
		c.Writer.WriteHeaderNow()
		conn, rw, err := c.Writer.Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = rw.WriteString("raw")
		_ = rw.Flush()
		ginsession.Get(c).Set("k", "late")
	})
	s.want(s.get("/"), 202, "raw", 1)
	s.wantSaved("late")
}
