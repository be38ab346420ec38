package recipes

import (
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// Two applications on one host log nobody out of each other, also on two ports, which browsers do
// not tell apart; with one name for both cookies they do.
func TestSeveralApplications(t *testing.T) {
	plain := func(table string) func(db *gorm.DB) (*gormsession.Plugin, error) {
		return func(db *gorm.DB) (*gormsession.Plugin, error) {
			return gormsession.New(db, gormsession.WithTable(table))
		}
	}
	for name, test := range map[string]struct {
		shop, office func(db *gorm.DB) (*gormsession.Plugin, error)
		want         string
	}{
		"the recipe":      {shopSessions, officeSessions, "user 42"},
		"one cookie name": {plain("shop"), plain("office"), "401 please log in"},
	} {
		t.Run(name, func(t *testing.T) {
			db := database(t)
			login := func(user int) func(r *gin.Engine) {
				return func(r *gin.Engine) {
					r.POST("/login", func(c *gin.Context) { ginsession.Get(c).LogIn(user) })
				}
			}
			shop := site(t, must(test.shop(db))(t), login(42))
			office := site(t, must(test.office(db))(t), login(43))
			office.Jar = shop.Jar // one browser
			post(t, shop, "/login")
			post(t, office, "/login")
			want(t, get(t, office, "/account"), "user 43")
			want(t, get(t, shop, "/account"), test.want)
		})
	}
}

// LaterCart is Cart as the deployment after the next one has it.
type LaterCart map[string]int

func (c *LaterCart) UnmarshalJSON(text []byte) error { return (*Cart)(c).UnmarshalJSON(text) }

// While servers of both deployments serve one session nothing of it is lost, neither in the first
// step nor in the second; a type that does not read the old form would be refused, and lose nothing
// either.
func TestEntryWhoseTypeChanges(t *testing.T) {
	const before = ginsession.Field[[]string]("cart")
	const after = ginsession.Field[LaterCart]("cart")
	const naive = ginsession.Field[map[string]int]("cart")
	buy := func(article string) func(Cart) Cart {
		return func(cart Cart) Cart {
			if cart == nil {
				cart = Cart{}
			}
			cart[article]++
			return cart
		}
	}
	ann := site(t, sessions(t), func(r *gin.Engine) {
		r.GET("/old/:article", func(c *gin.Context) {
			now := before.Modify(ginsession.Get(c), func(cart []string) []string {
				return append(cart, c.Param("article"))
			})
			c.String(http.StatusOK, "%v", now)
		})
		r.GET("/step1/:article", func(c *gin.Context) {
			now := cart.Modify(ginsession.Get(c), buy(c.Param("article")))
			c.String(http.StatusOK, "%v", map[string]int(now))
		})
		r.GET("/step2/:article", func(c *gin.Context) {
			now := after.Modify(ginsession.Get(c), func(cart LaterCart) LaterCart {
				return LaterCart(buy(c.Param("article"))(Cart(cart)))
			})
			c.String(http.StatusOK, "%v", map[string]int(now))
		})
		r.GET("/naive/:article", func(c *gin.Context) {
			naive.Modify(ginsession.Get(c), func(cart map[string]int) map[string]int { return cart })
		})
	})
	for _, visit := range [][2]string{
		{"/old/tea", "[tea]"},
		{"/step1/tea", "map[tea:2]"},
		{"/old/cup", "[tea tea cup]"},
		{"/naive/cup", "500 Internal Server Error\n"},
		{"/step1/cup", "map[cup:2 tea:2]"},
		{"/step2/tea", "map[cup:2 tea:3]"},
		{"/step1/cup", "map[cup:3 tea:3]"},
		{"/step2/pot", "map[cup:3 pot:1 tea:3]"},
	} {
		want(t, get(t, ann, visit[0]), visit[1])
	}
}
