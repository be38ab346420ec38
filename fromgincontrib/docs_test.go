package fromgincontrib_test

import (
	"log"
	"net/http"
	"os"
	"testing"

	"github.com/gin-contrib/sessions/cookie"
	"github.com/gin-gonic/gin"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/fromgincontrib"
	after "github.com/seed7368b609/gormsession/fromgincontrib/internal/after"
	before "github.com/seed7368b609/gormsession/fromgincontrib/internal/before"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/madetest"
	"github.com/seed7368b609/gormsession/internal/movetest"
	"github.com/seed7368b609/gormsession/movein"
)

// docs/from-gin-contrib.md shows how the handlers of a shop change that gives the same answers
// before and after. To show it: go test -run Shop -update.
func TestShop(t *testing.T) {
	store := cookie.NewStore(hashKey)
	movetest.Shop(t, before.New(store))
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	plugin, err := gormsession.New(db, gormsession.WithCleanup(0))
	if err != nil {
		t.Fatal(err)
	}
	takeOver, err := fromgincontrib.New(db, plugin, store, "mysession", movein.Config{})
	if err != nil {
		t.Fatal(err)
	}
	movetest.Shop(t, after.New(ginsession.Handler(plugin), takeOver))
	madetest.Part(t, "../docs/from-gin-contrib.md", "the shop before and after",
		madetest.Diff(t, "internal/before/shop.go", "internal/after/shop.go"))
}

func Example() {
	db, err := gorm.Open(sqlite.Open("app.db?_journal_mode=WAL&_busy_timeout=4000"))
	if err != nil {
		log.Fatal(err)
	}
	store := cookie.NewStore([]byte(os.Getenv("SESSION_KEY"))) // as it was

	plugin, err := gormsession.New(db)
	if err != nil {
		log.Fatal(err)
	}
	takeOver, err := fromgincontrib.New(db, plugin, store, "mysession", movein.Config{})
	if err != nil {
		log.Fatal(err)
	}
	r := gin.Default()
	r.Use(ginsession.Handler(plugin), takeOver)
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", r))
}
