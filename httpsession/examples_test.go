package httpsession_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/httpsession"
)

func ExampleHandler() {
	db, cleanup := openDatabase()
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

	browse(httpsession.Handler(plugin)(mux), "/account", "/login")
	// Output:
	// /account please log in
	// /login user 42
}

func ExampleRequireFresh() {
	db, cleanup := openDatabase()
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

	browse(httpsession.New(db)(mux), "/transfer", "/login", "/transfer")
	// Output:
	// /transfer the password, please
	// /login welcome
	// /transfer done
}

func ExampleFrom() {
	db, cleanup := openDatabase()
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

	browse(httpsession.New(db)(page), "/")
	// Output:
	// / hello Ann
}

// openDatabase opens a SQLite file in a directory of its own.
func openDatabase() (*gorm.DB, func()) {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	db, err := gorm.Open(sqlite.Open(filepath.Join(dir, "app.db")), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		log.Fatal(err)
	}
	return db, func() {
		pool.Close()
		os.RemoveAll(dir)
	}
}

// browse requests paths as one browser does, and prints the answers.
func browse(h http.Handler, paths ...string) {
	server := httptest.NewTLSServer(h)
	defer server.Close()
	client := server.Client()
	client.Jar, _ = cookiejar.New(nil)
	for _, path := range paths {
		response, err := client.Get(server.URL + path)
		if err != nil {
			log.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(path, string(body))
	}
}
