package recipes

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// devices are made of gormsession.New(db, gormsession.WithUsers()).
type devices struct{ sessions *gormsession.Plugin }

func (d devices) logIn(c *gin.Context) {
	id, ok := authenticate(c.PostForm("name"), c.PostForm("password"))
	if !ok {
		c.String(http.StatusForbidden, "nobody has that name and that password")
		return
	}
	ginsession.Get(c).LogIn(id,
		gormsession.Device{Address: c.ClientIP(), Agent: c.Request.UserAgent()})
	c.Redirect(http.StatusSeeOther, "/devices")
}

func (d devices) list(c *gin.Context) {
	logins, err := d.sessions.Sessions(c.Request.Context(), ginsession.Get(c).UserID())
	if err != nil {
		c.AbortWithStatus(http.StatusServiceUnavailable)
		return
	}
	c.JSON(http.StatusOK, logins) // of each its Handle, Agent, Address, LastSeen, and Current
}

func (d devices) end(c *gin.Context) {
	user, handle := ginsession.Get(c).UserID(), c.PostForm("handle")
	ended, err := d.sessions.End(c.Request.Context(), user, handle)
	switch {
	case err != nil:
		c.AbortWithStatus(http.StatusServiceUnavailable)
	case !ended: // it has ended already, or is another user's
		c.AbortWithStatus(http.StatusNotFound)
	default:
		c.Redirect(http.StatusSeeOther, "/devices")
	}
}
