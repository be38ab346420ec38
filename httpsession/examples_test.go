package httpsession_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/httpsession"
	"github.com/seed7368b609/gormsession/internal/exampletest"
)

func ExampleHandler() {
	db, cleanup := exampletest.Database()
	defer cleanup()

	plugin, err := gormsession.New(db, gormsession.WithRolling(), gormsession.WithUsers())
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		httpsession.Get(r).LogIn(42)
		http.Redirect(w, r, "/account", http.StatusSeeOther)
	})

	// A database fault on this route is a 503, and never "please log in".
	mux.Handle("/account", httpsession.Loaded(http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			s := httpsession.Get(r)
			if s.UserID() == "" {
				w.WriteHeader(http.StatusUnauthorized)
				fmt.Fprint(w, "please log in")
				return
			}
			fmt.Fprintf(w, "user %s", s.UserID())
		})))

	exampletest.Browse(httpsession.Handler(plugin)(mux), "/account", "/login")
	// Output:
	// /account please log in
	// /login user 42
}

func ExampleRequireFresh() {
	db, cleanup := exampletest.Database()
	defer cleanup()

	mux := http.NewServeMux()
	// What needs the password again asks for it after ten minutes.
	fresh := httpsession.RequireFresh(10*time.Minute, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "the password, please")
	})
	mux.Handle("/transfer", fresh(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "done")
	})))
	mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		httpsession.Get(r).LogIn(42)
		fmt.Fprint(w, "welcome")
	})

	exampletest.Browse(httpsession.New(db)(mux), "/transfer", "/login", "/transfer")
	// Output:
	// /transfer the password, please
	// /login welcome
	// /transfer done
}

func ExampleFrom() {
	db, cleanup := exampletest.Database()
	defer cleanup()

	greet := func(ctx context.Context) string { // code that knows no request
		if s, ok := httpsession.From(ctx); ok {
			return fmt.Sprint("hello ", s.Get("name"))
		}
		return "hello stranger"
	}
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		httpsession.Get(r).Set("name", "Ann")
		fmt.Fprint(w, greet(r.Context()))
	})

	exampletest.Browse(httpsession.New(db)(page), "/")
	// Output:
	// / hello Ann
}
