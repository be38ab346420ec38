package django_test

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// Cart is what Django's views know as request.session["cart"].
type Cart map[string]int

const cart = gormsession.Field[Cart]("cart")

// cartPages take forms, and so do those that follow.
func cartPages(shop *gin.RouterGroup) {
	var crossOrigin http.CrossOriginProtection
	shop.Use(func(c *gin.Context) {
		if err := crossOrigin.Check(c.Request); err != nil {
			c.AbortWithStatus(http.StatusForbidden)
			return
		}
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, 1<<20)
	})

	shop.POST("/cart/:item/", func(c *gin.Context) {
		now := cart.Modify(ginsession.Get(c), func(cart Cart) Cart {
			if cart == nil {
				cart = Cart{}
			}
			cart[c.Param("item")]++
			return cart
		})
		c.JSON(http.StatusOK, now)
	})
}
