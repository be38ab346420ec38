package ginsession_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	gingzip "github.com/gin-contrib/gzip"
	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/sitetest"
)

// wishes are what a middleware outside says of caching once the chain has returned.
var wishes = map[string]func(h http.Header){
	"nothing":           func(http.Header) {},
	"Cache-Control":     func(h http.Header) { h.Set("Cache-Control", "public, max-age=60") },
	"a qualified one":   func(h http.Header) { h.Set("Cache-Control", `max-age=60, private="x"`) },
	"CDN-Cache-Control": func(h http.Header) { h.Set("CDN-Cache-Control", "max-age=60") },
	"Surrogate-Control": func(h http.Header) { h.Set("Surrogate-Control", "max-age=60") },
	"Expires": func(h http.Header) {
		h.Del("Cache-Control")
		h.Set("Expires", "Fri, 01 Jan 2100 00:00:00 GMT")
	},
	"all of them": func(h http.Header) {
		h["Cache-Control"] = []string{"public", "s-maxage=60"}
		h.Set("CDN-Cache-Control", "public")
		h.Set("Surrogate-Control", "max-age=60")
		h.Set("Expires", "Fri, 01 Jan 2100 00:00:00 GMT")
	},
}

// wantPrivate checks that no shared cache stores an answer.
func (a *answer) wantPrivate(t *testing.T, where string) {
	t.Helper()
	h := a.response.Header
	control := strings.Split(strings.ReplaceAll(strings.Join(h["Cache-Control"], ","), " ", ""), ",")
	kept := false
	for _, directive := range control {
		kept = kept || directive == "private" || directive == "no-store"
	}
	if !kept || h.Get("CDN-Cache-Control") != "" || h.Get("Surrogate-Control") != "" {
		t.Errorf("%s: a shared cache may store %v", where, h)
	}
}

// between are what may lie between the session and a middleware outside.
func between(s *site) map[string][]gin.HandlerFunc {
	wrap := func(c *gin.Context) { c.Writer = struct{ gin.ResponseWriter }{c.Writer} }
	other := s.newPlugin(gormsession.WithTable("others"), gormsession.WithCookieName("other"))
	return map[string][]gin.HandlerFunc{
		"nothing":      nil,
		"a compressor": {gingzip.Gzip(gingzip.DefaultCompression)},
		"wrappers":     {wrap, func(c *gin.Context) { c.Writer = upper{upper{c.Writer}} }},
		"another plugin": {
			ginsession.Handler(other), func(c *gin.Context) { ginsession.Get(c).Get("k") },
		},
		"two that write": {
			ginsession.Handler(other), wrap, func(c *gin.Context) { ginsession.Get(c).Set("k", 1) },
		},
		"a recovery": {gin.CustomRecovery(func(c *gin.Context, _ any) { c.Status(500) })},
	}
}

// Whatever a middleware outside says of caching, and however late, a response with our
// cookie leaves as one that no shared cache stores; one without it leaves as it is told.
func TestCookieIsKeptFromCachesOutside(t *testing.T) {
	pages := []struct {
		method, path string
		status       int
	}{
		{"GET", "/empty", 200}, {"GET", "/no-content", 204}, {"POST", "/redirect", 303},
		{"GET", "/nowhere", 404}, {"PUT", "/empty", 405}, {"GET", "/page", 200}, {"GET", "/panic", 500},
	}
	each(t, func(t *testing.T, s *site) {
		login := s.login()
		var wish func(http.Header)
		visits := map[string]gin.HandlerFunc{
			"untouched": func(*gin.Context) {},
			"set":       func(c *gin.Context) { ginsession.Get(c).Set("k", "new") },
			"deleted":   func(c *gin.Context) { ginsession.Get(c).Flush() },
		}
		for name, use := range between(s) {
			for what, visit := range visits {
				engine := gin.New()
				engine.HandleMethodNotAllowed = true
				engine.Use(s.observe, func(c *gin.Context) { c.Next(); wish(c.Writer.Header()) })
				engine.Use(append(use, s.session, visit)...)
				engine.GET("/empty", func(*gin.Context) {})
				engine.GET("/no-content", func(c *gin.Context) { c.Status(204) })
				engine.POST("/redirect", func(c *gin.Context) { c.Redirect(303, "/empty") })
				engine.GET("/page", func(c *gin.Context) { c.String(200, "page") })
				engine.GET("/panic", func(c *gin.Context) {
					if name == "a recovery" {
						panic("in the handler")
					}
					c.Status(500)
				})
				part := &site{Site: sitetest.Serving(t, engine, s.HTTP2), ended: s.ended}
				for said, say := range wishes {
					wish = say
					for _, page := range pages {
						where := strings.Join([]string{name, what, said, page.method, page.path}, ", ")
						var cookie []*answer
						if what == "deleted" {
							cookie = append(cookie, login)
						}
						a := part.send(page.method, page.path, nil, cookie...)
						if a.status != page.status || a.err != nil {
							t.Fatalf("%s: %d, %v", where, a.status, a.err)
						}
						set := len(a.cookies()) > 0
						none := what == "untouched" || what == "set" && page.status == 500
						if set == none {
							t.Errorf("%s: the cookies are %q", where, a.cookies())
						}
						switch {
						case set:
							a.wantPrivate(t, where)
						case name == "nothing" && said == "Cache-Control" && page.path != "/page":
							if got := a.response.Header.Get(said); got != "public, max-age=60" {
								t.Errorf("%s: Cache-Control: %q", where, got)
							}
						}
					}
				}
			}
		}
		if !strings.Contains(s.Log.String(), "path=/no-content") {
			t.Error("the log does not say which page it was")
		}
	})
}

// So it is where the router is within another one, where the router begins the response
// again, and where a writer outside speaks as the body passes.
func TestCookieIsKeptFromCachesElsewhere(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		for said, say := range wishes {
			engine, part := gin.New(), gin.New()
			outside := func(c *gin.Context) { c.Next(); say(c.Writer.Header()) }
			touch := func(c *gin.Context) { set(c, "new") }
			part.Use(s.session, touch)
			part.GET("/part", func(*gin.Context) {})
			part.GET("/page", func(c *gin.Context) { c.String(200, "page") })
			within := func(c *gin.Context) { part.ServeHTTP(c.Writer, c.Request) }
			engine.Use(s.observe)
			engine.GET("/part", outside, within)
			engine.GET("/again", outside, s.session, touch, func(c *gin.Context) {
				c.Request.URL.Path = "/end"
				engine.HandleContext(c)
			})
			engine.GET("/end", outside, s.session, func(*gin.Context) {})
			engine.GET("/page", func(c *gin.Context) { c.Writer = speaking{c.Writer, say} }, within)
			web := &site{Site: sitetest.Serving(t, engine, s.HTTP2), ended: s.ended}
			for _, path := range []string{"/part", "/again", "/page"} {
				a := web.get(path)
				if a.status != 200 || a.err != nil || len(a.cookies()) != 1 {
					t.Fatalf("%s, %s: %d, %v, %q", path, said, a.status, a.err, a.cookies())
				}
				a.wantPrivate(t, path+", "+said)
			}
		}
	})
}

// speaking says something in the header as a body passes.
type speaking struct {
	gin.ResponseWriter
	say func(http.Header)
}

func (w speaking) Write(data []byte) (int, error) {
	w.say(w.Header())
	return w.ResponseWriter.Write(data)
}

// What gin can do with a response that has not left, it can with one that is watched.
func TestResponseThatIsWatched(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		after := func(do func(c *gin.Context)) []gin.HandlerFunc {
			return []gin.HandlerFunc{
				func(c *gin.Context) { c.Next(); do(c) }, s.session, func(c *gin.Context) { set(c, "new") },
			}
		}
		s.engine.GET("/flush", after(func(c *gin.Context) { c.Writer.Flush() })...)
		s.engine.GET("/events", after(func(c *gin.Context) {
			c.Stream(func(w io.Writer) bool { _, _ = io.WriteString(w, "event"); return false })
		})...)
		s.engine.GET("/hijack", after(func(c *gin.Context) {
			conn, _, err := c.Writer.Hijack()
			if s.HTTP2 {
				if !errors.Is(err, http.ErrNotSupported) {
					t.Errorf("Hijack: %v", err)
				}
				return
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"+
				"Set-Cookie: session=x\r\n\r\n")
			_ = conn.Close()
		})...)
		s.engine.GET("/hint", after(func(c *gin.Context) {
			for w := c.Writer.(http.ResponseWriter); ; {
				inner, wraps := w.(interface{ Unwrap() http.ResponseWriter })
				if !wraps {
					t.Error("the guard is not there")
					return
				}
				if w = inner.Unwrap(); w != http.ResponseWriter(c.Writer) {
					w.WriteHeader(http.StatusEarlyHints)
					break
				}
			}
			c.Header("Cache-Control", "public")
		})...)
		bodies := map[string]string{"/flush": "", "/events": "event", "/hijack": "", "/hint": ""}
		for path, body := range bodies {
			a := s.get(path)
			s.want(a, 200, body, 1)
			if path == "/hint" {
				a.wantPrivate(t, path)
			}
		}
	})
}

// apart is the writer of a timeout middleware: what the handler does reaches nobody.
type apart struct {
	gin.ResponseWriter
	header http.Header
}

func (w *apart) Header() http.Header          { return w.header }
func (*apart) WriteHeader(int)                {}
func (*apart) WriteHeaderNow()                {}
func (*apart) Write(data []byte) (int, error) { return len(data), nil }
func (*apart) Status() int                    { return 200 }
func (*apart) Size() int                      { return -1 }
func (*apart) Written() bool                  { return false }

// A handler that runs on after a timeout middleware outside has answered is cut off
// from the router's writer, which serves others by then.
func TestTimeoutThatHasFired(t *testing.T) {
	s := newSite(t)
	entered, answered := make(chan struct{}), make(chan struct{})
	part := gin.New()
	part.GET("/slow", s.session, func(c *gin.Context) {
		set(c, "late")
		close(entered)
		<-answered
	})
	var running sync.WaitGroup
	s.engine.GET("/slow", func(c *gin.Context) {
		w, request := &apart{c.Writer, http.Header{}}, c.Request
		running.Go(func() {
			part.ServeHTTP(w, request)
			if len(w.header["Set-Cookie"]) != 1 {
				t.Errorf("the handler has set no cookie: %v", w.header)
			}
		})
		<-entered
		c.String(503, "too late")
	})
	s.engine.GET("/", func(c *gin.Context) { c.String(200, "hello") })
	a := s.get("/slow")
	s.want(a, 503, "too late", 0)
	close(answered)
	for range 100 {
		s.want(s.get("/"), 200, "hello", 0)
	}
	running.Wait()
}

// A writer outside that shows nothing of what it wraps, or is more than what it wraps, is
// asked nothing.
func TestWriterOutsideThatHides(t *testing.T) {
	for name, wrap := range wrappers {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *site) {
				session := ginsession.Handler(s.plugin)
				s.engine.GET("/", drained(wrap), session, func(c *gin.Context) { set(c, "new") })
				if a := s.get("/"); a.status != 200 || a.err != nil {
					t.Errorf("%d, %v", a.status, a.err)
				}
				s.wantSaved("new")
			})
		})
	}
}
