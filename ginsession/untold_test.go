package ginsession_test

import (
	"io"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	gorilla "github.com/gorilla/websocket"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// logIn is a login as README has it.
func logIn(c *gin.Context) {
	ginsession.Get(c).CycleKey()
	set(c, "logged in")
}

// raw takes the connection with no header of ours, as gorilla/websocket does.
func (s *site) raw(c *gin.Context) {
	s.T.Helper()
	upgrader := gorilla.Upgrader{}
	conn, err := upgrader.Upgrade(c.Writer, c.Request, nil)
	if err != nil {
		s.T.Error(err)
		return
	}
	defer conn.Close()
	kind, message, err := conn.ReadMessage()
	if err != nil {
		s.T.Error(err)
	}
	if err := conn.WriteMessage(kind, message); err != nil {
		s.T.Error(err)
	}
}

// A login of which the client cannot be told is reported in c.Errors, and the session stays as it
// was.
func TestLoginThatCannotBeTold(t *testing.T) {
	for name, handler := range map[string]func(s *site, c *gin.Context){
		"after a flush": func(_ *site, c *gin.Context) { c.Writer.Flush(); logIn(c) },
		"after a long body": func(_ *site, c *gin.Context) {
			c.String(200, strings.Repeat("x", 65<<10))
			logIn(c)
		},
		"after events": func(_ *site, c *gin.Context) {
			c.Stream(func(io.Writer) bool { c.SSEvent("m", "hello"); return false })
			logIn(c)
		},
		"saved late": func(s *site, c *gin.Context) {
			c.Writer.Flush()
			logIn(c)
			if err := ginsession.Get(c).Save(); err == nil {
				s.T.Error("Save says that it has saved")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				login := s.login()
				s.engine.GET("/", s.session, func(c *gin.Context) { handler(s, c) })
				a := s.get("/", login)
				if len(a.cookies()) != 0 {
					t.Errorf("cookies: %v", a.cookies())
				}
				s.wantError(a.outcome, gormsession.ErrHeaderSent)
				s.wantSaved("old")
			})
		})
	}
}

// The same where the connection is taken without a header of ours, before the login or after it,
// and where the server of a websocket does not end the request for a long time.
func TestLoginWithRawHijack(t *testing.T) {
	for name, handler := range map[string]func(s *site, c *gin.Context){
		"before": func(s *site, c *gin.Context) { logIn(c); s.raw(c) },
		"after":  func(s *site, c *gin.Context) { s.raw(c); logIn(c) },
		"both":   func(s *site, c *gin.Context) { logIn(c); s.raw(c); set(c, "again") },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			login := s.login()
			s.engine.GET("/", s.session, func(c *gin.Context) { handler(s, c) })
			a := s.dial("/", login)
			s.want(a, 101, "hello", 0)
			s.wantError(a.outcome, gormsession.ErrHeaderSent)
			s.wantSaved("old")
			if !strings.Contains(s.Log.String(), gormsession.ErrHeaderSent.Error()) {
				t.Errorf("the log says %q", s.Log.String())
			}
		})
	}
}

// What Save has made or moved before a raw Hijack cannot be undone, but is reported; what is
// discarded, or flushed, needs no cookie and no report.
func TestSaveBeforeRawHijack(t *testing.T) {
	save := func(s *site, c *gin.Context) {
		s.T.Helper()
		if err := ginsession.Get(c).Save(); err != nil {
			s.T.Error(err)
		}
	}
	for name, test := range map[string]struct {
		live    bool
		handler func(s *site, c *gin.Context)
		report  error
		saved   string
	}{
		"cycled": {true, func(s *site, c *gin.Context) { logIn(c); save(s, c); s.raw(c) },
			gormsession.ErrHeaderSent, "logged in"},
		"made": {false, func(s *site, c *gin.Context) { set(c, "new"); save(s, c); s.raw(c) },
			gormsession.ErrHeaderSent, "new"},
		"kept": {true, func(s *site, c *gin.Context) { set(c, "new"); save(s, c); s.raw(c) },
			nil, "new"},
		"made, flushed": {false, func(s *site, c *gin.Context) {
			set(c, "new")
			save(s, c)
			s.raw(c)
			ginsession.Get(c).Flush()
		}, nil, ""},
		"set, discarded": {false, func(s *site, c *gin.Context) {
			set(c, "new")
			s.raw(c)
			ginsession.Get(c).Discard()
		}, nil, ""},
		"cycled, discarded": {true, func(s *site, c *gin.Context) {
			logIn(c)
			s.raw(c)
			ginsession.Get(c).Discard()
		}, nil, "old"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			var before []*answer
			if test.live {
				before = append(before, s.login())
			}
			s.engine.GET("/", s.session, func(c *gin.Context) { test.handler(s, c) })
			a := s.dial("/", before...)
			s.want(a, 101, "hello", 0)
			s.wantRow(test.saved)
			if test.report != nil {
				s.wantError(a.outcome, test.report)
			} else if len(a.errors) != 0 {
				t.Errorf("c.Errors holds %v", a.errors)
			}
		})
	}
}
