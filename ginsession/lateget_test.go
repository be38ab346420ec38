package ginsession_test

import (
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
)

// A session that is first asked for when the response has left is as far as the
// request is.
func TestFirstGetIsLate(t *testing.T) {
	flush := func(c *gin.Context) { c.Writer.Flush() }
	for name, test := range map[string]struct {
		leave func(c *gin.Context)
		saved string
		err   error
	}{
		"after a Flush, live":         {flush, "late", nil},
		"after a Flush, new":          {flush, "", gormsession.ErrHeaderSent},
		"after a Flush of an error":   {func(c *gin.Context) { c.Status(500); flush(c) }, "old", nil},
		"after the request has ended": {nil, "old", nil},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				var before []*answer
				if !strings.HasSuffix(name, "new") {
					before = append(before, s.login())
				}
				if test.leave != nil {
					s.engine.GET("/", s.session, func(c *gin.Context) { test.leave(c); set(c, "late") })
				} else {
					after := func(c *gin.Context) { c.Next(); set(c, "late") }
					s.engine.GET("/", after, s.session, func(*gin.Context) {})
				}
				a := s.get("/", before...)
				if len(a.cookies()) != 0 || a.err != nil {
					t.Errorf("got the cookies %q, %v", a.cookies(), a.err)
				}
				s.wantSaved(test.saved)
				closed := strings.Contains(s.Log.String(), gormsession.ErrClosed.Error())
				if closed != (test.leave == nil) {
					t.Errorf("logged: %s", s.Log.String())
				}
				if test.err != nil {
					s.wantError(a.outcome, test.err)
				} else if len(a.errors) != 0 {
					t.Errorf("c.Errors holds %v", a.errors)
				}
			})
		})
	}
}

// A request that brings the cookie and does not touch the session counts as one that
// has brought it: the plugin does not say that no browser keeps it.
func TestUntouchedRequestsBringTheCookie(t *testing.T) {
	s := newSite(t)
	login := s.login()
	s.engine.GET("/", s.session, func(c *gin.Context) { c.String(200, "body") })
	s.want(s.get("/", login), 200, "body", 0)
	for range 30 {
		s.want(s.get("/login"), 200, "hello", 1)
	}
	if log := s.Log.String(); log != "" {
		t.Errorf("logged: %s", log)
	}
}
