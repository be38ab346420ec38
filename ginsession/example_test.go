package ginsession_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/exampletest"
)

const visits = ginsession.Field[int]("visits")

func Example() {
	db, cleanup := exampletest.Database()
	defer cleanup()

	r := gin.New()
	r.Use(ginsession.New(db)) // db is the application's *gorm.DB
	r.GET("/", func(c *gin.Context) {
		s := ginsession.Get(c)
		s.Set("last", c.FullPath())                             // any JSON value
		n := visits.Modify(s, func(n int) int { return n + 1 }) // typed, exact under concurrency
		c.String(http.StatusOK, "visit %d", n)
	})

	exampletest.Browse(r, "/", "/", "/")
	// Output:
	// / visit 1
	// / visit 2
	// / visit 3
}

func Example_login() {
	db, cleanup := exampletest.Database()
	defer cleanup()

	r := gin.New()
	r.Use(ginsession.New(db, gormsession.Production()))
	r.GET("/login", func(c *gin.Context) {
		s := ginsession.Get(c)
		s.LogIn(42) // under a new key: one that somebody planted before the login is worth nothing
		s.Flash("Welcome back!")
		c.Redirect(http.StatusSeeOther, "/account")
	})
	r.GET("/logout", func(c *gin.Context) {
		ginsession.Get(c).LogOut() // the row is gone, whatever becomes of the response
		c.String(http.StatusOK, "bye")
	})

	// A database fault on these routes is a 503, and never "please log in".
	account := r.Group("/account", ginsession.Loaded, func(c *gin.Context) {
		if ginsession.Get(c).UserID() == "" {
			c.String(http.StatusUnauthorized, "please log in")
			c.Abort()
		}
	})
	account.GET("", func(c *gin.Context) {
		s := ginsession.Get(c)
		c.String(http.StatusOK, "user %s, messages %v", s.UserID(), s.Flashes())
	})

	exampletest.Browse(r, "/account", "/login", "/account", "/logout", "/account")
	// Output:
	// /account please log in
	// /login user 42, messages [Welcome back!]
	// /account user 42, messages []
	// /logout bye
	// /account please log in
}

func ExampleField() {
	db, cleanup := exampletest.Database()
	defer cleanup()

	type Cart map[string]int
	const cart = ginsession.Field[Cart]("cart")

	r := gin.New()
	r.Use(ginsession.New(db))
	r.GET("/add/:item", func(c *gin.Context) {
		now := cart.Modify(ginsession.Get(c), func(cart Cart) Cart {
			if cart == nil {
				cart = Cart{}
			}
			cart[c.Param("item")]++
			return cart
		})
		c.String(http.StatusOK, "%v", now)
	})

	exampletest.Browse(r, "/add/tea", "/add/cup", "/add/tea")
	// Output:
	// /add/tea map[tea:1]
	// /add/cup map[cup:1 tea:1]
	// /add/tea map[cup:1 tea:2]
}

func ExampleHandler() {
	db, cleanup := exampletest.Database()
	defer cleanup()

	plugin, err := gormsession.New(db,
		gormsession.WithTable("shop_sessions"),
		gormsession.WithLifetime(30*24*time.Hour),
		gormsession.WithRolling(),
		gormsession.WithErrorHandler(func(w http.ResponseWriter, r *http.Request, err error) bool {
			if errors.Is(err, gormsession.ErrUnavailable) {
				http.Error(w, "We are back in a minute.", http.StatusServiceUnavailable)
			}
			return true // what was not answered gets the default answer
		}),
	)
	if err != nil {
		log.Fatal(err)
	}
	r := gin.New()
	r.Use(ginsession.Handler(plugin))
	r.GET("/remember", func(c *gin.Context) {
		s := ginsession.Get(c)
		s.Set("theme", "dark")
		s.SetExpiry(365 * 24 * time.Hour) // this session's own lifetime
		c.String(http.StatusOK, "%v", s.ExpiryAge())
	})

	exampletest.Browse(r, "/remember")
	// Output:
	// /remember 8760h0m0s
}

func ExampleFrom() {
	db, cleanup := exampletest.Database()
	defer cleanup()

	greet := func(ctx context.Context) string { // code that knows no gin
		if s, ok := ginsession.From(ctx); ok {
			return fmt.Sprint("hello ", s.Get("name"))
		}
		return "hello stranger"
	}

	r := gin.New()
	r.Use(ginsession.New(db))
	r.GET("/", func(c *gin.Context) {
		ginsession.Get(c).Set("name", "Ann")
		c.String(http.StatusOK, greet(c.Request.Context()))
	})

	exampletest.Browse(r, "/")
	// Output:
	// / hello Ann
}

func init() { gin.SetMode(gin.ReleaseMode) }
