package echosession_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/labstack/echo/v5"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/echosession"
	"github.com/seed7368b609/gormsession/internal/exampletest"
)

const visits = echosession.Field[int]("visits")

func Example() {
	db, cleanup := exampletest.Database()
	defer cleanup()

	e := echo.New()
	e.Use(echosession.New(db)) // db is the application's *gorm.DB
	e.GET("/", func(c *echo.Context) error {
		n := visits.Modify(echosession.Get(c), func(n int) int { return n + 1 })
		return c.String(http.StatusOK, fmt.Sprintf("visit %d", n))
	})

	exampletest.Browse(e, "/", "/", "/") // in an application: e.Start("127.0.0.1:8080")
	// Output:
	// / visit 1
	// / visit 2
	// / visit 3
}

func ExampleHandler() {
	db, cleanup := exampletest.Database()
	defer cleanup()

	plugin, err := gormsession.New(db, gormsession.WithRolling(), gormsession.WithUsers())
	if err != nil {
		log.Fatal(err)
	}
	e := echo.New()
	e.Use(echosession.Handler(plugin))
	e.GET("/login", func(c *echo.Context) error {
		echosession.Get(c).LogIn(42)
		return c.Redirect(http.StatusSeeOther, "/account")
	})

	// A database fault on this group is a 503, and never "please log in".
	account := e.Group("/account", echosession.Loaded)
	account.GET("", func(c *echo.Context) error {
		s := echosession.Get(c)
		if s.UserID() == "" {
			return echo.NewHTTPError(http.StatusUnauthorized, "please log in")
		}
		return c.String(http.StatusOK, "user "+s.UserID())
	})

	exampletest.Browse(e, "/account", "/login")
	// Output:
	// /account {"message":"please log in"}
	//
	// /login user 42
}

func ExampleRequireFresh() {
	db, cleanup := exampletest.Database()
	defer cleanup()

	e := echo.New()
	e.Use(echosession.New(db))
	// What needs the password again asks for it after ten minutes.
	fresh := echosession.RequireFresh(10*time.Minute, func(c *echo.Context) error {
		return c.String(http.StatusOK, "the password, please")
	})
	e.GET("/transfer", func(c *echo.Context) error {
		return c.String(http.StatusOK, "done")
	}, fresh)
	e.GET("/login", func(c *echo.Context) error {
		echosession.Get(c).LogIn(42)
		return c.String(http.StatusOK, "welcome")
	})

	exampletest.Browse(e, "/transfer", "/login", "/transfer")
	// Output:
	// /transfer the password, please
	// /login welcome
	// /transfer done
}

func ExampleFrom() {
	db, cleanup := exampletest.Database()
	defer cleanup()

	greet := func(ctx context.Context) string { // code that knows no echo
		if s, ok := echosession.From(ctx); ok {
			return fmt.Sprint("hello ", s.Get("name"))
		}
		return "hello stranger"
	}
	e := echo.New()
	e.Use(echosession.New(db))
	e.GET("/", func(c *echo.Context) error {
		echosession.Get(c).Set("name", "Ann")
		return c.String(http.StatusOK, greet(c.Request().Context()))
	})

	exampletest.Browse(e, "/")
	// Output:
	// / hello Ann
}
