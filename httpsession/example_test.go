package httpsession_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/httpsession"
)

const visits = httpsession.Field[int]("visits")

func Example() {
	dir, err := os.MkdirTemp("", "app")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	db, err := gorm.Open(sqlite.Open(dir + "/app.db?_journal_mode=WAL&_busy_timeout=4000"))
	if err != nil {
		log.Fatal(err)
	}

	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		n := visits.Modify(httpsession.Get(r), func(n int) int { return n + 1 })
		fmt.Fprintf(w, "visit %d", n)
	})
	session := httpsession.New(db) // db is the application's *gorm.DB

	// In an application: http.ListenAndServe("127.0.0.1:8080", session(mux))
	request := httptest.NewRequest("GET", "/", nil)
	for range 3 {
		answer := httptest.NewRecorder()
		session(mux).ServeHTTP(answer, request)
		fmt.Println(answer.Body)
		for _, cookie := range answer.Result().Cookies() {
			request.AddCookie(cookie)
		}
	}
	// Output:
	// visit 1
	// visit 2
	// visit 3
}
