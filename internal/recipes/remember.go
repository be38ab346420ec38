package recipes

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/ginsession"
)

func rememberMe(c *gin.Context) {
	id, ok := authenticate(c.PostForm("name"), c.PostForm("password"))
	if !ok {
		c.String(http.StatusForbidden, "nobody has that name and that password")
		return
	}
	s := ginsession.Get(c)
	s.LogIn(id)
	if c.PostForm("remember") != "" {
		s.SetExpiry(30 * 24 * time.Hour)
	} else {
		s.SetBrowserSession()
	}
	c.Redirect(http.StatusSeeOther, "/account")
}
