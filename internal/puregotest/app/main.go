// Command app is the application of README's first page on a driver without C: it is built with
// CGO_ENABLED=0, for wherever Go is, and copied there.
package main

import (
	"log"
	"net/http"
	"os"

	"github.com/gin-gonic/gin"
	"github.com/libtnb/sqlite"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/ginsession"
)

const visits = ginsession.Field[int]("visits")

func main() {
	db, err := gorm.Open(sqlite.Open(
		"app.db?_pragma=journal_mode(WAL)&_pragma=busy_timeout(4000)&_pragma=synchronous(NORMAL)"))
	if err != nil {
		log.Fatal(err)
	}
	r := gin.Default()
	r.Use(ginsession.New(db))
	r.GET("/", func(c *gin.Context) {
		n := visits.Modify(ginsession.Get(c), func(n int) int { return n + 1 })
		c.String(http.StatusOK, "visit %d", n)
	})
	log.Fatal(r.Run(os.Args[1])) // such as 127.0.0.1:8080
}
