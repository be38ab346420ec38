package main

import (
	"embed"
	"html/template"
	"net/http"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

//go:embed templates assets
var files embed.FS

// visits is an entry of the session and its type. Declared once, a misspelt
// name or a wrong type does not compile.
const visits = ginsession.Field[int]("visits")

// newShop builds the whole shop on db; main and the tests start the same one.
func newShop(db *gorm.DB, options ...gormsession.Option) (http.Handler, error) {
	// Each row says whose it is, so that people can see where they are logged in.
	sessions, err := gormsession.New(db, gormsession.WithUsers(),
		gormsession.WithErrorHandler(logInAgain), gormsession.WithOptions(options...))
	if err != nil {
		return nil, err
	}
	r := gin.New()
	// Nobody is believed who says on whose behalf he asks, or c.ClientIP would be
	// what any client likes to send. A shop behind a proxy names the proxy here,
	// whose address all devices in the list have else.
	if err := r.SetTrustedProxies(nil); err != nil {
		return nil, err
	}
	funcs := template.FuncMap{"device": deviceName}
	r.SetHTMLTemplate(template.Must(
		template.New("").Funcs(funcs).ParseFS(files, "templates/*.html")))

	// The session goes inside Recovery: a handler that panics saves nothing.
	r.Use(gin.Recovery(), securityHeaders, ginsession.Handler(sessions))

	// Requests that do not touch the session, like these, cost no statement.
	r.GET("/assets/:file", showAsset)
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
	d := devices{sessions}
	known.GET("/devices", d.list)
	fresh := ginsession.RequireFresh(freshFor, askAgain)
	known.POST("/devices/end", fresh, d.end)
	known.POST("/devices/end-others", fresh, d.endOthers)

	// SameSite=Lax, the cookie's default, keeps most foreign forms out. This
	// refuses every POST that a browser sends from another site's page.
	return http.NewCrossOriginProtection().Handler(limitBodies(r)), nil
}

func home(c *gin.Context) {
	s := ginsession.Get(c)
	n := 0
	// Counted for visitors who have a session anyway. To begin one for everybody
	// who looks would give each crawler a row, and each visitor a cookie.
	if s.Len() > 0 {
		// Modify, not Get and Set: two requests at once still count as two.
		n = visits.Modify(s, func(n int) int { return n + 1 })
	}
	show(c, http.StatusOK, "home.html", gin.H{
		"Title": "Things for a quiet desk", "Goods": goods, "Visits": n})
}

func securityHeaders(c *gin.Context) {
	c.Header(
		"Content-Security-Policy",
		"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri "+
			"'none'; frame-ancestors 'none'",
	)
	c.Header("Referrer-Policy", "same-origin")
	c.Header("X-Content-Type-Options", "nosniff")
	if c.Request.TLS != nil {
		c.Header("Strict-Transport-Security", "max-age=31536000")
	}
}
