package ginsession_test

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

func TestStream(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.engine.GET("/", s.session, func(c *gin.Context) {
			set(c, "new")
			n := 0
			c.Stream(func(w io.Writer) bool {
				n++
				_, _ = io.WriteString(w, "part ")
				return n < 3
			})
		})
		s.want(s.get("/"), 200, "part part part ", 1)
		s.wantSaved("new")
	})
}

// events opens a stream of server-sent events: the handler has sent the first,
// and goes on when the test says so.
func (s *site) events(path string, next chan<- struct{}, before ...*answer) (*answer, func()) {
	s.T.Helper()
	r, err := http.NewRequestWithContext(s.T.Context(), "GET", s.Start().URL+path, nil)
	if err != nil {
		s.T.Fatal(err)
	}
	for _, b := range before {
		for _, c := range b.response.Cookies() {
			r.AddCookie(c)
		}
	}
	response, err := s.Start().Client().Do(r)
	if err != nil {
		s.T.Fatal(err)
	}
	a := &answer{response: response, status: response.StatusCode}
	reader := bufio.NewReader(response.Body)
	for range 3 {
		line, err := reader.ReadString('\n')
		if err != nil {
			s.T.Fatal(err)
		}
		a.body += line
	}
	return a, func() {
		close(next)
		rest, err := io.ReadAll(reader)
		_ = response.Body.Close()
		a.body, a.err = a.body+string(rest), err
		a.outcome = s.wait()
	}
}

const twoEvents = "event:tick\ndata:1\n\nevent:tick\ndata:2\n\n"

func ticks(c *gin.Context, next <-chan struct{}, late func()) {
	c.SSEvent("tick", 1)
	c.Writer.Flush()
	select {
	case <-next:
	case <-c.Request.Context().Done():
	}
	late()
	c.SSEvent("tick", 2)
	c.Writer.Flush()
}

// The session is saved and its cookie sent with the first Flush; a change after
// it is saved at the end.
func TestServerSentEvents(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		next := make(chan struct{})
		s.engine.GET("/", s.session, func(c *gin.Context) {
			set(c, "new")
			ticks(c, next, func() { set(c, "late") })
		})
		a, finish := s.events("/", next)
		s.wantSaved("new")
		finish()
		s.want(a, 200, twoEvents, 1)
		s.wantSaved("late")
		if len(a.errors) != 0 {
			t.Errorf("c.Errors holds %v", a.errors)
		}
	})
}

// A session that is new after the Flush cannot tell the client its key.
func TestNewSessionAfterFlush(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		next := make(chan struct{})
		s.engine.GET("/", s.session, func(c *gin.Context) {
			ticks(c, next, func() { set(c, "late") })
		})
		a, finish := s.events("/", next)
		finish()
		s.want(a, 200, twoEvents, 0)
		s.wantSaved("")
		s.wantError(a.outcome, gormsession.ErrHeaderSent)
		if !strings.Contains(s.Log.String(), gormsession.ErrHeaderSent.Error()) {
			t.Errorf("logged: %s", s.Log.String())
		}
	})
}

func TestLogoutAfterFlush(t *testing.T) {
	s := newSite(t)
	login := s.login()
	next := make(chan struct{})
	s.engine.GET("/", s.session, func(c *gin.Context) {
		ticks(c, next, func() { ginsession.Get(c).Flush() })
	})
	a, finish := s.events("/", next, login)
	s.wantSaved("old")
	finish()
	s.want(a, 200, twoEvents, 0)
	s.wantSaved("")
}

// A save that fails at the Flush is answered at once; the handler that runs on is
// told, and what it writes is dropped.
func TestSaveFailsAtFlush(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.BreakWrites()
		next := make(chan struct{})
		s.engine.GET("/", s.session, func(c *gin.Context) {
			set(c, "new")
			c.Header("Content-Type", "text/event-stream")
			_, _ = c.Writer.WriteString("event")
			if err := http.NewResponseController(c.Writer).Flush(); !errors.Is(err,
				gormsession.ErrUnavailable) {
				t.Errorf("Flush: %v", err)
			}
			select {
			case <-next:
			case <-c.Request.Context().Done():
			}
			if _, err := c.Writer.WriteString("event"); !errors.Is(err, gormsession.ErrUnavailable) {
				t.Errorf("Write: %v", err)
			}
			c.Writer.Flush()
		})
		response, err := s.Start().Client().Get(s.Start().URL)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body := make([]byte, len("Service Unavailable\n"))
		if _, err := io.ReadFull(response.Body, body); err != nil {
			t.Fatal(err)
		}
		close(next)
		rest, err := io.ReadAll(response.Body)
		a := &answer{
			response: response, status: response.StatusCode, body: string(body) + string(rest), err: err,
			outcome: s.wait(),
		}
		s.want(a, 503, "Service Unavailable\n", 0)
		s.wantRow("")
		s.wantFailed(a, gormsession.ErrUnavailable)
		if got := response.Header.Get("Content-Type"); got != "text/plain; charset=utf-8" {
			t.Errorf("Content-Type: %s", got)
		}
	})
}

func TestSaveFailsBeyondTheLimit(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.BreakWrites()
		s.engine.GET("/", s.session, func(c *gin.Context) {
			set(c, "new")
			c.Header("Content-Length", "5242880")
			if _, err := io.Copy(c.Writer,
				strings.NewReader(strings.Repeat("x", 5<<20))); !errors.Is(err, gormsession.ErrUnavailable) {
				t.Errorf("Copy: %v", err)
			}
		})
		a := s.get("/")
		s.want(a, 503, "Service Unavailable\n", 0)
		s.wantRow("")
		s.wantFailed(a, gormsession.ErrUnavailable)
	})
}

func TestResponseController(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.engine.GET("/", s.session, func(c *gin.Context) {
			control := http.NewResponseController(c.Writer)
			if err := errors.Join(control.SetReadDeadline(time.Now().Add(time.Minute)),
				control.SetWriteDeadline(time.Now().Add(time.Minute)), control.EnableFullDuplex()); err != nil {
				t.Error(err)
			}
			set(c, "new")
			c.String(200, "body")
			if err := control.Flush(); err != nil {
				t.Error(err)
			}
		})
		s.want(s.get("/"), 200, "body", 1)
		s.wantSaved("new")
	})
}
