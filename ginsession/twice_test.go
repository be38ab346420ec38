package ginsession_test

import (
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/sitetest"
)

func TestSamePluginTwice(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.engine.Use(s.session, ginsession.Handler(s.plugin))
		s.engine.GET("/", s.session, func(c *gin.Context) { c.String(200, "body"); set(c, "new") })
		s.engine.GET("/again", func(c *gin.Context) { set(c, "again"); s.forward(c, "/") })
		a := s.get("/")
		s.want(a, 200, "body", 1)
		s.wantSaved("new")
		s.Statements.Reset()
		s.want(s.get("/again", a), 200, "body", 0) // what is stored has not changed
		s.wantSaved("new")
	})
}

// two is a site with a second plugin, whose cookie is "other".
func two(t *testing.T, test func(t *testing.T, s *site, other *gormsession.Plugin)) {
	each(t, func(t *testing.T, s *site) {
		test(t, s,
			s.newPlugin(gormsession.WithTable("other_sessions"), gormsession.WithCookieName("other")))
	})
}

func (a *answer) others() (n int) {
	for _, line := range a.response.Header["Set-Cookie"] {
		if strings.HasPrefix(line, "other=") {
			n++
		}
	}
	return n
}

func (s *site) otherRows() (n int64) {
	s.T.Helper()
	if err := s.DB.Table("other_sessions").Count(&n).Error; err != nil {
		s.T.Fatal(err)
	}
	return n
}

// Each plugin has its own session and sets its own cookie; Get is the innermost
// one where there are two.
func TestTwoPlugins(t *testing.T) {
	two(t, func(t *testing.T, s *site, other *gormsession.Plugin) {
		between := func(c *gin.Context) {
			outer := ginsession.Get(c)
			if outer != ginsession.GetFrom(c, s.plugin) {
				t.Error("outside, Get is not the outer session")
			}
			c.Next()
			if ginsession.Get(c) != outer {
				t.Error("after the inner plugin, Get is not the outer session again")
			}
			if session, ok := ginsession.From(c); !ok || session != outer {
				t.Error("after the inner plugin, From is not the outer session again")
			}
		}
		s.engine.GET("/", s.session, between, ginsession.Handler(other), func(c *gin.Context) {
			inner := ginsession.Get(c)
			if inner != ginsession.GetFrom(c, other) || inner == ginsession.GetFrom(c, s.plugin) {
				t.Error("inside, Get is not the inner session")
			}
			if session, ok := ginsession.From(c.Request.Context()); !ok || session != inner {
				t.Error("inside, From is not the inner session")
			}
			inner.Set("inner", 1)
			ginsession.GetFrom(c, s.plugin).Set("k", "new")
			c.String(200, "body")
		})
		a := s.get("/")
		s.want(a, 200, "body", 1)
		s.wantSaved("new")
		if a.others() != 1 || s.otherRows() != 1 {
			t.Errorf("%d cookies and %d rows of the other plugin", a.others(), s.otherRows())
		}
	})
}

// Naming the outer session does not make it the one that From finds inside.
func TestTwoPluginsInTheRequest(t *testing.T) {
	two(t, func(t *testing.T, s *site, other *gormsession.Plugin) {
		found := func(c *gin.Context, want *ginsession.State) {
			t.Helper()
			if got, ok := ginsession.From(c.Request.Context()); !ok || got != want {
				t.Error("From is not Get")
			}
		}
		between := func(c *gin.Context) {
			c.Next()
			found(c, ginsession.Get(c))
		}
		s.engine.GET("/", s.session, between, ginsession.Handler(other), func(c *gin.Context) {
			inner := ginsession.Get(c)
			ginsession.GetFrom(c, s.plugin)
			found(c, inner)
		})
		s.engine.GET("/outer", s.session, between, ginsession.Handler(other), func(c *gin.Context) {
			ginsession.GetFrom(c, s.plugin)
		})
		s.want(s.get("/"), 200, "", 0)
		s.want(s.get("/outer"), 200, "", 0)
	})
}

func TestTwoPluginsElsewhere(t *testing.T) {
	both := func(s *site, other *gormsession.Plugin, handler gin.HandlerFunc) []gin.HandlerFunc {
		return []gin.HandlerFunc{gin.Recovery(), s.session, ginsession.Handler(other),
			func(c *gin.Context) {
				ginsession.GetFrom(c, s.plugin).Set("k", "new")
				ginsession.GetFrom(c, other).Set("k", "new")
				handler(c)
			}}
	}
	t.Run("Flush", func(t *testing.T) {
		two(t, func(t *testing.T, s *site, other *gormsession.Plugin) {
			s.engine.GET("/", both(s, other, func(c *gin.Context) {
				c.String(200, "body")
				c.Writer.Flush()
				ginsession.GetFrom(c, s.plugin).Set("k", "late")
			})...)
			a := s.get("/")
			s.want(a, 200, "body", 1)
			s.wantSaved("late")
			if a.others() != 1 || s.otherRows() != 1 {
				t.Errorf("%d cookies and %d rows of the other plugin", a.others(), s.otherRows())
			}
		})
	})
	// What a middleware between the two has written is held by the outer one.
	t.Run("body between", func(t *testing.T) {
		two(t, func(t *testing.T, s *site, other *gormsession.Plugin) {
			s.engine.GET("/", s.session, func(c *gin.Context) {
				c.String(200, "first ")
			}, wrappers["an embedding wrapper"], ginsession.Handler(other), func(c *gin.Context) {
				ginsession.GetFrom(c, s.plugin).Set("k", "new")
				ginsession.Get(c).Set("k", "new")
				c.String(200, "body")
			})
			a := s.get("/")
			s.want(a, 200, "first body", 1)
			s.wantSaved("new")
			if a.others() != 1 || s.otherRows() != 1 {
				t.Errorf("%d cookies and %d rows of the other plugin", a.others(), s.otherRows())
			}
		})
	})
	// What one outside of both has written has left.
	t.Run("header left before", func(t *testing.T) {
		two(t, func(t *testing.T, s *site, other *gormsession.Plugin) {
			s.engine.GET("/", func(c *gin.Context) {
				c.String(200, "early ")
			}, s.session, ginsession.Handler(other), func(c *gin.Context) {
				ginsession.Get(c).Set("k", "new")
				c.String(200, "body")
			})
			a := s.get("/")
			s.want(a, 200, "early body", 0)
			s.wantError(a.outcome, gormsession.ErrHeaderSent)
			if a.others() != 0 || s.otherRows() != 0 {
				t.Errorf("%d cookies and %d rows of the other plugin", a.others(), s.otherRows())
			}
		})
	})
	t.Run("HandleContext", func(t *testing.T) {
		two(t, func(t *testing.T, s *site, other *gormsession.Plugin) {
			s.engine.Use(s.session, ginsession.Handler(other))
			s.engine.GET("/", func(c *gin.Context) {
				ginsession.GetFrom(c, s.plugin).Set("k", "new")
				ginsession.Get(c).Set("k", "new")
				s.forward(c, "/target")
			})
			s.engine.GET("/target", func(c *gin.Context) {
				c.String(200, "%v %v", ginsession.Get(c).Get("k"), ginsession.GetFrom(c, s.plugin).Get("k"))
			})
			a := s.get("/")
			s.want(a, 200, "new new", 1)
			s.wantSaved("new")
			if a.others() != 1 || s.otherRows() != 1 {
				t.Errorf("%d cookies and %d rows of the other plugin", a.others(), s.otherRows())
			}
		})
	})
	t.Run("panic", func(t *testing.T) {
		two(t, func(t *testing.T, s *site, other *gormsession.Plugin) {
			s.engine.GET("/", both(s, other, func(c *gin.Context) { c.String(200, "body"); panic("no") })...)
			a := s.get("/")
			s.want(a, 500, "", 0)
			s.wantSaved("")
			if a.others() != 0 || s.otherRows() != 0 {
				t.Errorf("%d cookies and %d rows of the other plugin", a.others(), s.otherRows())
			}
		})
	})
	t.Run("websocket", func(t *testing.T) {
		s := newSite(t)
		other := s.newPlugin(gormsession.WithTable("other_sessions"), gormsession.WithCookieName("other"))
		s.engine.GET("/", both(s, other, s.echo(func(*gin.Context) {}))...)
		a := s.dial("/")
		s.want(a, 101, "hello", 1)
		s.wantSaved("new")
		if a.others() != 1 || s.otherRows() != 1 {
			t.Errorf("%d cookies and %d rows of the other plugin", a.others(), s.otherRows())
		}
	})
	// The inner one's 503 is what the outer one sees: it saves nothing either.
	t.Run("save fails", func(t *testing.T) {
		two(t, func(t *testing.T, s *site, other *gormsession.Plugin) {
			s.Statements.Fail(func(sql string) error {
				if strings.Contains(sql, "other_sessions") && strings.HasPrefix(sql, "INSERT") {
					return sitetest.ErrDisk
				}
				return nil
			})
			s.engine.GET("/", both(s, other, func(c *gin.Context) { c.String(200, "body") })...)
			a := s.get("/")
			s.want(a, 503, "Service Unavailable\n", 0)
			s.wantRow("")
			s.wantFailed(a, gormsession.ErrUnavailable)
		})
	})
}

// What an inner plugin has carried out stands, so its cookie goes out even where
// the response is replaced, or dropped, outside of it.
func TestInnerCookieOutlivesOuterFailure(t *testing.T) {
	for name, outer := range map[string]gin.HandlerFunc{
		"outer fails":   func(c *gin.Context) { ginsession.Get(c).Set("x", make(chan int)); c.Next() },
		"panic between": func(c *gin.Context) { c.Next(); panic("between") },
		"outer fails, under a wrapper": func(c *gin.Context) {
			ginsession.Get(c).Set("x", make(chan int))
			wrappers["an embedding wrapper"](c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			two(t, func(t *testing.T, s *site, other *gormsession.Plugin) {
				s.engine.Use(gin.Recovery())
				s.engine.GET("/", s.session, outer, ginsession.Handler(other), func(c *gin.Context) {
					ginsession.Get(c).Set("inner", true)
					c.String(200, "body")
				})
				a := s.get("/")
				if a.status != 500 {
					t.Errorf("the status is %d", a.status)
				}
				if a.others() != 1 || s.otherRows() != 1 {
					t.Errorf("%d cookies for %d rows of the inner plugin", a.others(), s.otherRows())
				}
			})
		})
	}
}
