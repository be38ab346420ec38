package ginsession_test

import (
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// nowhere is a response that goes nowhere, and allocates nothing.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) WriteHeader(int)             {}
func (n *nowhere) Write(b []byte) (int, error) { return len(b), nil }

// BenchmarkUntouched is what a request pays that does not touch its session, or
// asks for it without reading it, beside gin alone.
func BenchmarkUntouched(b *testing.B) {
	plugin, err := gormsession.New(dbtest.New(b, dbtest.SQLite).Open(b))
	if err != nil {
		b.Fatal(err)
	}
	body := []byte("hello")
	for _, mounted := range []struct {
		name string
		use  []gin.HandlerFunc
	}{{"gin", nil}, {"session", []gin.HandlerFunc{ginsession.Handler(plugin)}}} {
		for _, answer := range []struct {
			name    string
			handler gin.HandlerFunc
		}{
			{"status", func(c *gin.Context) { c.Status(204) }},
			{"body", func(c *gin.Context) { _, _ = c.Writer.Write(body) }},
			{"get", func(c *gin.Context) {
				if mounted.use != nil {
					ginsession.Get(c)
				}
				c.Status(204)
			}},
			{"from", func(c *gin.Context) { _, _ = ginsession.From(c.Request.Context()); c.Status(204) }},
			{"get ten times", func(c *gin.Context) {
				for range 10 {
					if mounted.use != nil {
						ginsession.Get(c)
					}
				}
				c.Status(204)
			}},
		} {
			b.Run(mounted.name+"/"+answer.name, func(b *testing.B) {
				engine := gin.New()
				engine.Use(mounted.use...)
				engine.GET("/", answer.handler)
				r, err := http.NewRequestWithContext(b.Context(), "GET", "/", nil)
				if err != nil {
					b.Fatal(err)
				}
				r.Header.Set("Cookie", "session=0123456789abcdefghijklmnopqrstuv")
				w := &nowhere{header: http.Header{}}
				b.ReportAllocs()
				for b.Loop() {
					engine.ServeHTTP(w, r)
				}
			})
		}
	}
}
