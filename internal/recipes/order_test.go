package recipes

import (
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// Of two orders at once, which have both seen the cart, one is made.
func TestOrderOnce(t *testing.T) {
	db := database(t)
	if err := db.AutoMigrate(&Order{}); err != nil {
		t.Fatal(err)
	}
	var both, answers sync.WaitGroup
	both.Add(2)
	ann := site(t, must(gormsession.New(db))(t), func(r *gin.Engine) {
		r.POST("/order", func(c *gin.Context) {
			ginsession.Get(c).Get("item")
			both.Done()
			both.Wait()
		}, placeOrder(db))
	}).With(map[string]any{"item": "tea"})
	var got [2]int
	for i := range got {
		answers.Go(func() {
			response, err := ann.Post(ann.URL+"/order", "", nil)
			if err != nil {
				t.Error(err)
				return
			}
			response.Body.Close()
			got[i] = response.StatusCode
		})
	}
	answers.Wait()
	slices.Sort(got[:])
	var orders []Order
	if err := db.Find(&orders).Error; err != nil {
		t.Fatal(err)
	}
	if got != [2]int{http.StatusOK, http.StatusConflict} || len(orders) != 1 ||
		orders[0].Item != "tea" || ann.Entries()["item"] != nil {
		t.Errorf("the answers are %v, and the orders %v", got, orders)
	}
}

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
