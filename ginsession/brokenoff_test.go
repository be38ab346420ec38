package ginsession_test

import (
	"errors"
	"net"
	"net/http"
	"os"
	"syscall"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/sitetest"
)

// A handler that finds the client gone panics with these, and gin's recovery
// swallows them without a status: that is no success.
func TestAbortHandler(t *testing.T) {
	broken := func(err error) error {
		return &net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("write", err)}
	}
	for name, fault := range map[string]error{
		"ErrAbortHandler": http.ErrAbortHandler, "EPIPE": broken(syscall.EPIPE),
		"ECONNRESET": broken(syscall.ECONNRESET),
	} {
		for side, mount := range map[string]func(s *site) []gin.HandlerFunc{
			"recovery outside": func(s *site) []gin.HandlerFunc {
				return []gin.HandlerFunc{gin.Recovery(), s.session}
			},
			"recovery inside": func(s *site) []gin.HandlerFunc {
				return []gin.HandlerFunc{s.session, gin.Recovery()}
			},
			"no recovery": func(s *site) []gin.HandlerFunc { return []gin.HandlerFunc{s.session} },
		} {
			t.Run(name+", "+side, func(t *testing.T) {
				each(t, func(t *testing.T, s *site) {
					login := s.login()
					s.engine.GET("/", append(mount(s), func(c *gin.Context) {
						set(c, "new")
						c.String(200, "body")
						panic(fault)
					})...)
					a := s.get("/", login)
					if side == "no recovery" {
						if a.err == nil || a.panic != fault {
							t.Errorf("got %d %q, and the panic %v", a.status, a.body, a.panic)
						}
					} else if side == "recovery outside" {
						s.want(a, 200, "", 0) // gin's own
					} else {
						s.want(a, 500, "", 0)
					}
					s.wantSaved("old")
				})
			})
		}
	}
}

func TestAbortHandlerAfterFlush(t *testing.T) {
	s := newSite(t)
	s.engine.GET("/", s.session, gin.Recovery(), func(c *gin.Context) {
		set(c, "new")
		c.String(200, "body")
		c.Writer.Flush()
		set(c, "late")
		panic(http.ErrAbortHandler)
	})
	s.want(s.get("/"), 200, "body", 1)
	s.wantSaved("new")
}

// Errors that are reported and answered are no panics: of another connection, of
// a pipe, of a middleware before us, or with a status of the handler's own.
func TestReportedErrors(t *testing.T) {
	elsewhere := &net.OpError{
		Op: "read", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5432},
		Err: syscall.ECONNRESET,
	}
	for name, test := range map[string]struct {
		report error
		status int
		saved  string
	}{
		"of another connection": {elsewhere, 200, "new"},
		"of a pipe":             {&os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}, 200, "new"},
		"answered with 503":     {syscall.ECONNRESET, 503, ""},
		"something else":        {sitetest.ErrDisk, 200, "new"},
		"of the session's store": {
			errors.Join(gormsession.ErrUnavailable, syscall.ECONNRESET), 200, "new",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.engine.GET("/", s.session, func(c *gin.Context) {
				set(c, "new")
				_ = c.Error(test.report)
				c.String(test.status, "body")
			})
			cookies := 0
			if test.saved != "" {
				cookies = 1
			}
			s.want(s.get("/"), test.status, "body", cookies)
			s.wantSaved(test.saved)
		})
	}
	t.Run("before us", func(t *testing.T) {
		s := newSite(t)
		s.engine.GET("/", func(c *gin.Context) {
			_ = c.Error(http.ErrAbortHandler)
		}, s.session, func(c *gin.Context) {
			set(c, "new")
			c.String(200, "body")
		})
		s.want(s.get("/"), 200, "body", 1)
		s.wantSaved("new")
	})
	// The address of the client itself: it is the one that is gone.
	t.Run("of the client", func(t *testing.T) {
		s := newSite(t)
		s.engine.GET("/", s.session, func(c *gin.Context) {
			addr, err := net.ResolveTCPAddr("tcp", c.Request.RemoteAddr)
			if err != nil {
				t.Error(err)
			}
			set(c, "new")
			_ = c.Error(&net.OpError{Op: "write", Net: "tcp", Addr: addr, Err: syscall.EPIPE})
		})
		s.want(s.get("/"), 500, "", 0)
		s.wantSaved("")
	})
}
