package ginsession_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	gingzip "github.com/gin-contrib/gzip"
	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/sitetest"
)

// encoder is a compressor in the manner of those for gin: it promises an encoding,
// leaves errors alone, and has finished once the chain has returned.
type encoder struct {
	gin.ResponseWriter
	coding   string
	finished bool
}

func encode(coding string) gin.HandlerFunc {
	return func(c *gin.Context) {
		w := &encoder{ResponseWriter: c.Writer, coding: coding}
		c.Header("Content-Encoding", coding)
		c.Header("Vary", "Accept-Encoding")
		c.Writer = w
		defer func() { w.finished = true }()
		c.Next()
	}
}

func (w *encoder) Write(data []byte) (int, error) {
	switch {
	case w.Status() >= 400:
		w.Header().Del("Content-Encoding")
		w.Header().Del("Vary")
		return w.ResponseWriter.Write(data)
	case w.finished:
		return len(data), nil // the compressor is somebody else's by now
	}
	_, err := w.ResponseWriter.Write([]byte(hex.EncodeToString(data)))
	return len(data), err
}

func (w *encoder) WriteString(data string) (int, error) { return w.Write([]byte(data)) }

// upper changes every body, also one that comes late.
type upper struct{ gin.ResponseWriter }

func (w upper) Write(data []byte) (int, error) {
	return w.ResponseWriter.Write(bytes.ToUpper(data))
}

func (w upper) WriteString(data string) (int, error) { return w.Write([]byte(data)) }

// buffer is the writer of middleware that looks at the whole body when the handler
// has returned.
type buffer struct {
	gin.ResponseWriter
	body bytes.Buffer
}

func (w *buffer) Write(data []byte) (int, error)       { return w.body.Write(data) }
func (w *buffer) WriteString(data string) (int, error) { return w.body.WriteString(data) }

func etag(restores, evenEmpty bool) gin.HandlerFunc {
	return func(c *gin.Context) {
		before := c.Writer
		w := &buffer{ResponseWriter: before}
		c.Writer = w
		c.Next()
		if restores {
			c.Writer = before
		}
		if w.body.Len() > 0 || evenEmpty {
			c.Header("ETag", `"1"`)
			_, _ = before.Write(w.body.Bytes())
		}
	}
}

// inside is middleware that leaves a writer of its own in c.Writer.
var inside = map[string][]gin.HandlerFunc{
	"gzip":                   {gingzip.Gzip(gingzip.DefaultCompression)},
	"another encoder":        {encode("br")},
	"two encoders":           {encode("zstd"), gingzip.Gzip(gingzip.DefaultCompression)},
	"one that changes all":   {func(c *gin.Context) { c.Writer = upper{c.Writer} }},
	"a buffer":               {etag(false, true)},
	"a buffer that goes":     {etag(true, true)},
	"a buffer, else nothing": {etag(true, false)},
	"gzip around a buffer":   {gingzip.Gzip(gingzip.DefaultCompression), etag(true, false)},
	"a plain wrapper, a gzip": {
		func(c *gin.Context) { c.Writer = struct{ gin.ResponseWriter }{c.Writer} }, gingzip.Gzip(1),
	},
}

// served is a handler behind a server of its own. It is not watched.
func served(t *testing.T, h http.Handler, http2 bool) *site {
	return &site{Site: sitetest.Serving(t, h, http2), ended: make(chan *outcome, 1)}
}

// ask sends a request that wants its answer compressed.
func (s *site) ask(method, path string) *answer {
	s.T.Helper()
	s.ended <- nil
	return s.send(method, path, func(r *http.Request) {
		r.Header.Set("Accept-Encoding", "gzip, br, zstd")
	})
}

// routes are an application's, with middleware that is on all of them, and with or
// without pages for what is unknown.
func routes(pages bool, use ...gin.HandlerFunc) *gin.Engine {
	r := gin.New()
	r.HandleMethodNotAllowed = true
	r.Use(use...)
	if pages {
		r.NoRoute(func(c *gin.Context) {
			if c.Request.Method == "POST" {
				c.Status(410)
				return
			}
			c.String(404, "no such page")
		})
		r.NoMethod(func(c *gin.Context) { c.String(200, "not so") })
	}
	r.GET("/page", func(c *gin.Context) { c.String(200, "a page") })
	r.GET("/empty", func(c *gin.Context) { c.Status(204) })
	r.GET("/silent", func(*gin.Context) {})
	r.GET("/sorry", func(c *gin.Context) { c.String(500, "sorry") })
	r.GET("/dir/", func(c *gin.Context) { c.String(200, "a dir") })
	return r
}

var askedFor = []struct{ method, path string }{
	{"GET", "/nowhere"}, {"HEAD", "/nowhere"}, {"POST", "/nowhere"},
	{"DELETE", "/page"}, {"HEAD", "/page"}, {"GET", "/dir"}, {"POST", "/dir"},
	{"GET", "/page"}, {"GET", "/empty"}, {"GET", "/silent"}, {"GET", "/sorry"},
}

// Whatever is mounted inside, and whether or not the session is touched, the client
// is answered as it is by gin without sessions: what gin writes after the chain (its
// 404 and its 405) passes the writers that were left inside.
func TestAnsweredAsWithoutSession(t *testing.T) {
	touch := []gin.HandlerFunc{func(c *gin.Context) { ginsession.Get(c).Get("k") }}
	for name, use := range inside {
		for variant := range 4 {
			s, http2, pages := newSite(t), variant&1 > 0, variant&2 > 0
			us := []gin.HandlerFunc{s.session}
			others := []gin.HandlerFunc{ginsession.Handler(s.newPlugin(
				gormsession.WithCookieName("other"), gormsession.WithTable("others")))}
			plain := served(t, routes(pages, use...), http2)
			for mount, with := range map[string][]gin.HandlerFunc{
				"untouched":             slices.Concat(us, use),
				"touched":               slices.Concat(us, touch, use),
				"touched inside":        slices.Concat(us, use, touch),
				"mounted inside too":    slices.Concat(us, use, us, touch),
				"two plugins":           slices.Concat(us, others, touch, use),
				"a plugin on each side": slices.Concat(us, use, others, touch),
				"only inside":           slices.Concat(use, us, touch),
			} {
				ours := served(t, routes(pages, with...), http2)
				for _, ask := range askedFor {
					want, got := plain.ask(ask.method, ask.path), ours.ask(ask.method, ask.path)
					where := fmt.Sprintf("%s, %s, HTTP/2 %v: %s %s", name, mount, http2, ask.method, ask.path)
					same(t, where, got, want)
				}
			}
		}
	}
}

// same compares two answers but for what a session that was read says.
func same(t *testing.T, where string, got, want *answer) {
	t.Helper()
	if got.err != nil || want.err != nil {
		t.Errorf("%s: %v, %v", where, got.err, want.err)
		return
	}
	for _, h := range []http.Header{got.response.Header, want.response.Header} {
		h.Del("Date")
		h.Del("Cache-Control")
		var vary []string
		for line := range strings.SplitSeq(strings.Join(h["Vary"], ","), ",") {
			if line = strings.TrimSpace(line); line != "Cookie" && line != "" {
				vary = append(vary, line)
			}
		}
		if h.Del("Vary"); vary != nil {
			h["Vary"] = vary
		}
	}
	if got.status != want.status || got.body != want.body ||
		!maps.EqualFunc(got.response.Header, want.response.Header, slices.Equal) {
		t.Errorf("%s\n got %d %q %v\nwant %d %q %v", where,
			got.status, got.body, got.response.Header, want.status, want.body, want.response.Header)
	}
}
