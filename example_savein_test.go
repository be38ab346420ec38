package gormsession_test

import (
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/ginsession"
)

// An Order is what the shop of the example stores.
type Order struct {
	ID   uint
	Item string
}

var errNoStock = errors.New("out of stock")

// An order and the cart that it empties are stored together, or not at all.
func ExampleState_SaveIn() {
	db, cleanup := exampleDatabase()
	defer cleanup()
	if err := db.AutoMigrate(&Order{}); err != nil {
		log.Fatal(err)
	}

	r := gin.New()
	r.Use(ginsession.New(db))
	r.GET("/", func(c *gin.Context) {
		c.String(http.StatusOK, "cart: %v", ginsession.Get(c).GetOrSet("cart", "tea"))
	})
	r.POST("/order", func(c *gin.Context) {
		s := ginsession.Get(c)
		item, _ := s.Get("cart").(string)
		err := db.Transaction(func(tx *gorm.DB) error {
			if err := tx.Create(&Order{Item: item}).Error; err != nil {
				return err
			}
			s.Delete("cart")
			if err := s.SaveIn(tx); err != nil {
				return err
			}
			return stock(c.Query("stock"))
		})
		if err != nil {
			c.String(http.StatusConflict, "%v, cart: %v", err, s.Get("cart"))
			return
		}
		c.String(http.StatusOK, "ordered, cart: %v", s.Get("cart"))
	})

	cookie := ""
	for _, request := range []*http.Request{
		httptest.NewRequest("GET", "/", nil),
		httptest.NewRequest("POST", "/order?stock=none", nil),
		httptest.NewRequest("POST", "/order", nil),
	} {
		request.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		r.ServeHTTP(w, request)
		for _, c := range w.Result().Cookies() {
			cookie = c.Name + "=" + c.Value
		}
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 cart: tea
	// 409 out of stock, cart: tea
	// 200 ordered, cart: <nil>
}

func stock(state string) error {
	if state == "none" {
		return errNoStock
	}
	return nil
}
