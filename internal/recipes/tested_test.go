package recipes

import (
	"io"
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/driver/sqlite"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/sessiontest"
)

func TestAccountIsForUsers(t *testing.T) {
	plugin, err := gormsession.New(sessiontest.SQLite(t, sqlite.Open))
	if err != nil {
		t.Fatal(err)
	}
	r := gin.New() // or what the application has for this
	r.Use(ginsession.Handler(plugin))
	known(r).GET("/account", func(c *gin.Context) {
		c.String(http.StatusOK, "cart: %v", ginsession.Get(c).Get("cart"))
	})

	visitor := sessiontest.NewClient(t, r, plugin)
	ann := visitor.Another().With(map[string]any{"cart": "tea"}).LogIn(42)
	for client, want := range map[*sessiontest.Client]string{
		visitor: "401 Unauthorized please log in", ann: "200 OK cart: tea",
	} {
		response, err := client.Get(client.URL + "/account")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if got := response.Status + " " + string(body); got != want || err != nil {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	}
}
