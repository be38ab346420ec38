package movein_test

import (
	"log"
	"net/http"
	"path/filepath"
	"testing"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/httpsession"
	"github.com/seed7368b609/gormsession/movein"
)

// The example of the pages on moving: entries get other names on the way.
func TestFillOfThePages(t *testing.T) {
	db, err := gorm.Open(sqlite.Open(filepath.Join(t.TempDir(), "app.db")))
	if err != nil {
		t.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	plugin, err := gormsession.New(db, gormsession.WithCleanup(0))
	if err != nil {
		t.Fatal(err)
	}
	source := &memory{rows: map[string]map[string]any{"a": {"uid": 42, "cart": []string{"tea"}}}}

	bridge, err := movein.New(db, plugin, source, movein.Config{
		Fill: func(s *gormsession.State, old map[string]any) error {
			s.Set("user_id", old["uid"]) // under another name
			s.Set("cart", old["cart"])
			return nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}

	var id any
	app := httpsession.Handler(plugin)(bridge.Handler(http.HandlerFunc(
		func(_ http.ResponseWriter, r *http.Request) { id = httpsession.Get(r).Get("user_id") })))
	if visit(app, "a"); id != int64(42) {
		t.Errorf("user_id is %v", id)
	}
}
