// Package shop is a small shop on gin-contrib/sessions.
package shop

import (
	"fmt"
	"net/http"

	"github.com/gin-contrib/sessions"
	"github.com/gin-gonic/gin"
)

func home(c *gin.Context) {
	session := sessions.Default(c)
	visits, _ := session.Get("visits").(int)
	visits++
	session.Set("visits", visits)
	name := "stranger"
	if id, ok := session.Get("user_id").(int); ok {
		name = fmt.Sprintf("user %d", id)
	}
	cart, _ := session.Get("cart").([]string)
	for _, message := range session.Flashes() {
		name = fmt.Sprint(message, " ", name)
	}
	if err := session.Save(); err != nil {
		c.AbortWithStatus(http.StatusInternalServerError)
		return
	}
	c.String(http.StatusOK, "%s, visit %d, %d in the cart", name, visits, len(cart))
}

func addToCart(c *gin.Context) {
	session := sessions.Default(c)
	cart, _ := session.Get("cart").([]string)
	session.Set("cart", append(cart, c.Query("item")))
	if err := session.Save(); err != nil {
		c.AbortWithStatus(http.StatusInternalServerError)
		return
	}
	c.Redirect(http.StatusSeeOther, "/")
}

func logIn(c *gin.Context) {
	session := sessions.Default(c)
	session.Set("user_id", 42)
	session.AddFlash("Welcome back!")
	if err := session.Save(); err != nil {
		c.AbortWithStatus(http.StatusInternalServerError)
		return
	}
	c.Redirect(http.StatusSeeOther, "/")
}

func logOut(c *gin.Context) {
	session := sessions.Default(c)
	session.Clear()
	session.Options(sessions.Options{Path: "/", MaxAge: -1})
	if err := session.Save(); err != nil {
		c.AbortWithStatus(http.StatusInternalServerError)
		return
	}
	c.Redirect(http.StatusSeeOther, "/")
}

// New is the shop.
func New(store sessions.Store) *gin.Engine {
	r := gin.New()
	r.Use(sessions.Sessions("mysession", store))
	r.GET("/", home)
	r.POST("/cart", addToCart)
	r.POST("/login", logIn)
	r.POST("/logout", logOut)
	return r
}
