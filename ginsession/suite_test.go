package ginsession_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/suite"
)

// onGin is gin as the suite knows it.
var onGin = suite.Adapter{
	Gorm: "default",
	Mount: func(app suite.Application) http.Handler {
		engine := gin.New()
		engine.Use(func(c *gin.Context) {
			c.Next()
			var errs []error
			for _, err := range c.Errors {
				errs = append(errs, err.Err)
			}
			app.Told(errs)
		})
		engine.Use(gin.CustomRecoveryWithWriter(io.Discard, func(c *gin.Context, _ any) {
			c.AbortWithStatus(http.StatusInternalServerError)
		}))
		engine.Use(ginsession.Handler(app.Plugin))
		engine.Any("/*page", func(c *gin.Context) {
			get := func() *gormsession.State { return ginsession.Get(c) }
			app.Page(&suite.Call{Request: c.Request, Writer: c.Writer, Get: get})
		})
		return engine
	},
}

// What every adapter has to show, gin shows.
func TestSuite(t *testing.T) { suite.Exercise(t, onGin) }

func FuzzCookie(f *testing.F) { suite.FuzzCookie(f, onGin) }
