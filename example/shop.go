package main

import (
	"embed"
	"html/template"
	"net/http"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/ginsession"
)

//go:embed templates assets
var files embed.FS

// visits is an entry of the session and its type. Declared once, a misspelt
// name or a wrong type does not compile.
const visits = ginsession.Field[int]("visits")

// newShop builds the whole shop on db; main and the tests start the same one.
func newShop(db *gorm.DB) http.Handler {
	r := gin.New()
	r.SetHTMLTemplate(template.Must(template.ParseFS(files, "templates/*.html")))

	// The session goes inside Recovery: a handler that panics saves nothing.
	r.Use(gin.Recovery(), securityHeaders, ginsession.New(db))

	// Requests that do not touch the session, like these, cost no statement.
	r.GET("/assets/:file", func(c *gin.Context) {
		c.FileFromFS("assets/"+c.Param("file"), http.FS(files))
	})
	r.NoRoute(func(c *gin.Context) {
		show(c, http.StatusNotFound, "message.html", gin.H{
			"Title": "Nothing here", "Text": "The shelf you are looking for is empty."})
	})

	r.GET("/", home)
	r.GET("/cart", showCart)
	r.POST("/cart/add", addToCart)
	r.POST("/cart/update", updateCart)
	r.POST("/cart/remove", removeFromCart)
	r.GET("/login", showLogin)
	r.POST("/login", logIn)
	r.POST("/logout", logOut)
	r.GET("/bye", bye)

	// Pages for known people. Loaded answers 503 when the database is away;
	// without it requireUser would see an empty session and run for nothing.
	known := r.Group("/account", ginsession.Loaded, requireUser)
	known.GET("", showAccount)
	known.POST("/order", placeOrder)

	// SameSite=Lax, the cookie's default, keeps most foreign forms out. This
	// refuses every POST that a browser sends from another site's page.
	return http.NewCrossOriginProtection().Handler(r)
}

func home(c *gin.Context) {
	// Modify, not Get and Set: two requests at once still count as two.
	n := visits.Modify(ginsession.Get(c), func(n int) int { return n + 1 })
	show(c, http.StatusOK, "home.html", gin.H{
		"Title": "Things for a quiet desk", "Goods": goods, "Visits": n})
}

func securityHeaders(c *gin.Context) {
	c.Header("Content-Security-Policy",
		"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	c.Header("Referrer-Policy", "same-origin")
	c.Header("X-Content-Type-Options", "nosniff")
}
