package ginsession_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/ginsession"
)

// lazyEncoder is a compressor that says so in the header at the first byte that it
// gets, or at the first Flush.
type lazyEncoder struct {
	gin.ResponseWriter
	zip *gzip.Writer
}

func lazily(c *gin.Context) {
	before := c.Writer
	w := &lazyEncoder{ResponseWriter: before}
	c.Writer = w
	c.Next()
	c.Writer = before
	if w.zip != nil {
		_ = w.zip.Close()
	}
}

func (w *lazyEncoder) begin() {
	if w.zip == nil {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Del("Content-Length")
		w.zip = gzip.NewWriter(w.ResponseWriter)
	}
}

func (w *lazyEncoder) Write(data []byte) (int, error) {
	w.begin()
	return w.zip.Write(data)
}

func (w *lazyEncoder) WriteString(data string) (int, error) { return w.Write([]byte(data)) }

func (w *lazyEncoder) Flush() {
	w.begin()
	_ = w.zip.Flush()
	w.ResponseWriter.Flush()
}

// A compressor outside may wait with its header for the first byte, or for a Flush:
// no response of any length leaves before that.
func TestEncoderOutsideThatWaitsForTheBody(t *testing.T) {
	large := strings.Repeat("large ", 20_000)
	each(t, func(t *testing.T, s *site) {
		s.engine.Use(lazily, s.session, func(c *gin.Context) { ginsession.Get(c).Set("k", "new") })
		s.engine.GET("/short", func(c *gin.Context) { c.String(200, "short") })
		s.engine.GET("/large", func(c *gin.Context) { c.String(200, large) })
		s.engine.GET("/flush", func(c *gin.Context) {
			c.Writer.Flush()
			c.String(200, "late")
		})
		for path, want := range map[string]string{"/short": "short", "/large": large, "/flush": "late"} {
			a := s.ask("GET", path)
			if got := a.response.Header.Get("Content-Encoding"); got != "gzip" {
				t.Errorf("%s: Content-Encoding %q", path, got)
			}
			unzip, err := gzip.NewReader(bytes.NewReader([]byte(a.body)))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(unzip)
			if err != nil || string(body) != want || len(a.response.Cookies()) != 1 {
				t.Errorf("%s: %.40q, %v, %v", path, body, err, a.response.Header)
			}
		}
	})
}
