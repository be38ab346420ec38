// Package shop is a small shop on gormsession.
package shop

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/ginsession"
)

const (
	visits = ginsession.Field[int]("visits")
	userID = ginsession.Field[int]("user_id")
	cart   = ginsession.Field[[]string]("cart")
)

func home(c *gin.Context) {
	session := ginsession.Get(c)
	visits := visits.Modify(session, func(n int) int { return n + 1 })
	name := "stranger"
	if id, ok := userID.Get(session); ok {
		name = fmt.Sprintf("user %d", id)
	}
	for _, message := range session.Flashes() {
		name = fmt.Sprint(message, " ", name)
	}
	c.String(http.StatusOK, "%s, visit %d, %d in the cart", name, visits, len(cart.Or(session, nil)))
}

func addToCart(c *gin.Context) {
	session := ginsession.Get(c)
	cart.Modify(session, func(cart []string) []string { return append(cart, c.Query("item")) })
	c.Redirect(http.StatusSeeOther, "/")
}

func logIn(c *gin.Context) {
	session := ginsession.Get(c)
	session.CycleKey() // a key that somebody has planted before is worth nothing
	userID.Set(session, 42)
	session.Flash("Welcome back!")
	c.Redirect(http.StatusSeeOther, "/")
}

func logOut(c *gin.Context) {
	ginsession.Get(c).LogOut()
	c.Redirect(http.StatusSeeOther, "/")
}

// New is the shop.
func New(session, takeOver gin.HandlerFunc) *gin.Engine {
	r := gin.New()
	r.Use(session, takeOver)
	r.GET("/", home)
	r.POST("/cart", addToCart)
	r.POST("/login", logIn)
	r.POST("/logout", logOut)
	return r
}
