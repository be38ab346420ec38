package ginsession_test

import (
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/sitetest"
)

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
				sitetest.Requests(b, engine)
			})
		}
	}
}
