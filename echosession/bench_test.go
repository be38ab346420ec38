package echosession_test

import (
	"testing"

	"github.com/labstack/echo/v5"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/echosession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/sitetest"
)

// BenchmarkUntouched is what a request pays that does not touch its session, or asks for it without
// reading it, beside Echo alone.
func BenchmarkUntouched(b *testing.B) {
	plugin, err := gormsession.New(dbtest.New(b, dbtest.SQLite).Open(b))
	if err != nil {
		b.Fatal(err)
	}
	status := func(c *echo.Context) error { return c.NoContent(204) }
	for name, page := range map[string]echo.HandlerFunc{
		"echo":    status,
		"session": echosession.Handler(plugin)(status),
		"session, asked": echosession.Handler(plugin)(func(c *echo.Context) error {
			echosession.Get(c)
			return status(c)
		}),
	} {
		b.Run(name, func(b *testing.B) {
			e := echo.New()
			e.GET("/", page)
			sitetest.Requests(b, e)
		})
	}
}
