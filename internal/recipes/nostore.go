package recipes

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

func notKept(db *gorm.DB) (*gin.Engine, *gormsession.Plugin, error) {
	plugin, err := gormsession.New(db, gormsession.WithNoStore()) // Production() has it, too
	if err != nil {
		return nil, nil, err
	}
	r := gin.New()
	r.Use(ginsession.Handler(plugin))
	r.GET("/account", func(c *gin.Context) {
		c.String(http.StatusOK, "user %q", ginsession.Get(c).UserID())
	})
	r.GET("/prices", func(c *gin.Context) { // what a handler says itself stays
		c.Header("Cache-Control", "private, max-age=60")
		c.String(http.StatusOK, "the prices of %q", ginsession.Get(c).UserID())
	})
	r.GET("/shop.css", func(c *gin.Context) { // depends on no session, and asks for none
		c.Header("Cache-Control", "public, max-age=86400")
		c.String(http.StatusOK, "body { margin: 2em }")
	})
	return r, plugin, nil
}
