package ginsession_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/sitetest"
)

func TestRequireFresh(t *testing.T) {
	sitetest.RequireFresh(t, func(plugin *gormsession.Plugin) http.Handler {
		r := gin.New()
		r.Use(ginsession.Handler(plugin))
		r.GET("/login", func(c *gin.Context) { ginsession.Get(c).LogIn(7) })
		transfer := func(c *gin.Context) { c.String(http.StatusOK, "done") }
		r.GET("/bare", ginsession.RequireFresh(time.Minute), transfer)
		r.GET("/asking", ginsession.RequireFresh(time.Minute, func(c *gin.Context) {
			c.Redirect(http.StatusSeeOther, "/password")
		}), transfer)
		return r
	})
}
