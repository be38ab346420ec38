// A first program: the one that README begins with.
package main

import (
	"log"
	"net/http"

	"github.com/gin-gonic/gin"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/ginsession"
)

const visits = ginsession.Field[int]("visits")

func main() {
	db, err := gorm.Open(sqlite.Open("app.db?_journal_mode=WAL&_busy_timeout=4000"))
	if err != nil {
		log.Fatal(err)
	}
	r := gin.Default()
	r.Use(ginsession.New(db)) // db is the application's *gorm.DB
	r.GET("/", func(c *gin.Context) {
		s := ginsession.Get(c)
		s.Set("last", c.FullPath())                             // any JSON value
		n := visits.Modify(s, func(n int) int { return n + 1 }) // typed, exact under concurrency
		c.String(http.StatusOK, "visit %d", n)
	})
	log.Fatal(r.Run("127.0.0.1:8080"))
}
