package recipes

import (
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/sessiontest"
)

// testOrder is a test on a database that others use, too. Its tables were made before, by
// gormsession.Migrate(db) and the application's own migrations.
func testOrder(t *testing.T, db *gorm.DB) {
	tx := sessiontest.Transaction(t, db) // everything below is rolled back
	plugin, err := gormsession.New(tx)
	if err != nil {
		t.Fatal(err)
	}
	r := gin.New()
	r.Use(ginsession.Handler(plugin))
	r.POST("/order", placeOrder(tx))

	ann := sessiontest.NewClient(t, r, plugin).With(map[string]any{"item": "tea"})
	if _, err := ann.Post(ann.URL+"/order", "", nil); err != nil {
		t.Fatal(err)
	}
	var orders int64
	if err := tx.Model(&Order{}).Count(&orders).Error; err != nil {
		t.Fatal(err)
	}
	if e := ann.Entries(); orders != 1 || e["item"] != nil {
		t.Errorf("%d orders, and the session holds %v", orders, e)
	}
}
