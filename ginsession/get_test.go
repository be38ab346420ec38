package ginsession_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// panicOf is the text of the panic of f.
func panicOf(f func()) (text string) {
	defer func() { text = fmt.Sprint(recover()) }()
	f()
	return
}

// What is wrong at the start panics with the sentence that mends it.
func TestMisuse(t *testing.T) {
	s := newSite(t)
	other := s.newPlugin(gormsession.WithTable("other_sessions"))
	var get, getFrom string
	s.engine.GET("/", func(c *gin.Context) {
		get = panicOf(func() { ginsession.Get(c) })
		if session, ok := ginsession.From(c); ok || session != nil {
			t.Error("From found a session without the middleware")
		}
		if session, ok := ginsession.From(c.Request.Context()); ok || session != nil {
			t.Error("From found a session without the middleware")
		}
	})
	s.engine.GET("/other", s.session,
		func(c *gin.Context) { getFrom = panicOf(func() { ginsession.GetFrom(c, other) }) })
	s.get("/")
	s.get("/other")
	for _, test := range []struct{ got, want string }{
		{get, "r.Use(ginsession.New(db))"},
		{getFrom, "r.Use(ginsession.Handler(plugin))"},
		{panicOf(func() { ginsession.New(nil) }), "gormsession: "},
		{panicOf(func() { ginsession.New(s.DB, gormsession.WithLifetime(0)) }), "WithLifetime"},
		{panicOf(func() { ginsession.Handler(nil) }), "gormsession.New"},
	} {
		if !strings.Contains(test.got, test.want) {
			t.Errorf("panicked with %q, want %q in it", test.got, test.want)
		}
	}
}

func TestNew(t *testing.T) {
	s := newSite(t)
	visits := ginsession.Field[int]("visits")
	s.engine.Use(ginsession.New(s.DB))
	s.engine.GET("/", func(c *gin.Context) {
		n := visits.Modify(ginsession.Get(c), func(n int) int { return n + 1 })
		c.String(200, "visit %d", n)
	})
	a := s.get("/")
	s.want(a, 200, "visit 1", 1)
	s.want(s.get("/", a), 200, "visit 2", 1)
}

func TestFrom(t *testing.T) {
	s := newSite(t)
	s.engine.GET("/", s.session, func(c *gin.Context) {
		session, ok := ginsession.From(c)
		if !ok || session != ginsession.Get(c) {
			t.Error("From(c) is not Get(c)")
		}
		derived, cancel := context.WithTimeout(c.Request.Context(), time.Minute)
		defer cancel()
		ofGin, cancel := context.WithCancel(c)
		defer cancel()
		for name, ctx := range map[string]context.Context{
			"request":            c.Request.Context(),
			"derived":            derived,
			"derived from gin's": ofGin,
			"copy":               c.Copy(),
		} {
			if got, ok := ginsession.From(ctx); !ok || got != session {
				t.Errorf("%s: From is not Get", name)
			}
		}
		if _, ok := ginsession.From(t.Context()); ok {
			t.Error("From found a session in a context of its own")
		}
	})
	s.want(s.get("/"), 200, "", 0)
}

// A middleware outside can read the session when all is done.
func TestGetAfterTheEnd(t *testing.T) {
	s := newSite(t)
	var got any
	s.engine.GET("/", func(c *gin.Context) { c.Next(); got = ginsession.Get(c).Get("k") }, s.session,
		func(c *gin.Context) { set(c, "new") })
	s.want(s.get("/"), 200, "", 1)
	if got != "new" {
		t.Errorf("read %v", got)
	}
}
