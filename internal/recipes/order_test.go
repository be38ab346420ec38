package recipes

import (
	"errors"
	"testing"

	"github.com/seed7368b609/gormsession"
)

// Of two tests on one database neither sees what the other has done.
func TestOrderIsRolledBack(t *testing.T) {
	db := database(t)
	if err := errors.Join(gormsession.Migrate(db), db.AutoMigrate(&Order{})); err != nil {
		t.Fatal(err)
	}
	for _, test := range []string{"one", "another"} {
		t.Run(test, func(t *testing.T) { testOrder(t, db) })
		var orders int64
		if err := db.Model(&Order{}).Count(&orders).Error; err != nil {
			t.Fatal(err)
		}
		if n := rows(t, db); n > 0 || orders > 0 {
			t.Errorf("%d sessions and %d orders are left", n, orders)
		}
	}
}
