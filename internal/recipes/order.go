package recipes

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/ginsession"
)

// An Order is stored together with the cart that it empties.
type Order struct {
	ID   uint
	Item string
}

var errNothing = errors.New("there is nothing to order, or it was ordered already")

// placeOrder makes one order of a cart, also where two requests come at once: the second one finds
// what the first has left.
func placeOrder(db *gorm.DB) gin.HandlerFunc {
	return func(c *gin.Context) {
		s := ginsession.Get(c)
		err := db.Transaction(func(tx *gorm.DB) error {
			var item string
			s.Modify("item", func(now any) any { // as it is when it is saved
				item, _ = now.(string)
				return now
			})
			s.Delete("item")
			if err := s.SaveIn(tx); err != nil {
				return err
			}
			if item == "" {
				return errNothing
			}
			return tx.Create(&Order{Item: item}).Error
		})
		switch {
		case errors.Is(err, errNothing):
			c.String(http.StatusConflict, "%v", err)
		case err != nil:
			c.AbortWithStatus(http.StatusServiceUnavailable)
		default:
			c.String(http.StatusOK, "ordered")
		}
	}
}
