package recipes

import (
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

func placeOrder(db *gorm.DB) gin.HandlerFunc {
	return func(c *gin.Context) {
		s := ginsession.Get(c)
		item, _ := s.Get("item").(string)
		err := db.Transaction(func(tx *gorm.DB) error {
			if err := tx.Create(&Order{Item: item}).Error; err != nil {
				return err
			}
			s.Delete("item")
			return s.SaveIn(tx)
		})
		if err != nil {
			c.AbortWithStatus(http.StatusServiceUnavailable)
			return
		}
		c.String(http.StatusOK, "ordered")
	}
}
