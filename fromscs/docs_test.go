package fromscs_test

import (
	"log"
	"net/http"
	"testing"

	"github.com/alexedwards/scs/gormstore"
	"github.com/alexedwards/scs/v2"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/fromscs"
	before "github.com/seed7368b609/gormsession/fromscs/internal/before"
	"github.com/seed7368b609/gormsession/httpsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/madetest"
	"github.com/seed7368b609/gormsession/internal/movetest"
	after "github.com/seed7368b609/gormsession/internal/movetest/after"
	"github.com/seed7368b609/gormsession/movein"
)

// docs/from-scs.md shows how the handlers of a shop change that gives the same answers before and
// after. To show it: go test -run Shop -update.
func TestShop(t *testing.T) {
	manager := scs.New()
	movetest.Shop(t, before.New(manager))
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	plugin, err := gormsession.New(db, gormsession.WithCookieName("shop_session"),
		gormsession.WithCleanup(0))
	if err != nil {
		t.Fatal(err)
	}
	bridge, err := fromscs.New(db, plugin, manager, movein.Config{})
	if err != nil {
		t.Fatal(err)
	}
	movetest.Shop(t, after.New(httpsession.Handler(plugin), bridge.Handler))
	madetest.Part(t, "../docs/from-scs.md", "the shop before and after",
		madetest.Diff(t, "internal/before/shop.go", "../internal/movetest/after/shop.go"))
}

func Example() {
	db, err := gorm.Open(sqlite.Open("app.db?_journal_mode=WAL&_busy_timeout=4000"))
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	store, err := gormstore.New(db)
	if err != nil {
		log.Fatal(err)
	}
	manager := scs.New() // as it was
	manager.Store = store

	// scs names its cookie "session" too, unless it is told otherwise.
	plugin, err := gormsession.New(db, gormsession.WithCookieName("shop_session"))
	if err != nil {
		log.Fatal(err)
	}
	bridge, err := fromscs.New(db, plugin, manager, movein.Config{})
	if err != nil {
		log.Fatal(err)
	}
	session := httpsession.Handler(plugin)
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", session(bridge.Handler(mux))))
}
