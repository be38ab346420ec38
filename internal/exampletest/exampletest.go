// Package exampletest is for the examples: a database to run one on, and a browser to show it with.
package exampletest

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"path/filepath"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
)

// Database opens a SQLite file in a directory of its own.
func Database() (db *gorm.DB, cleanup func()) {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	db, err = gorm.Open(sqlite.Open(filepath.Join(dir, "app.db")), &gorm.Config{})
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

// Browse requests paths as one browser does, and prints the answers.
func Browse(h http.Handler, paths ...string) {
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
