package recipes

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// everywhere is made of gormsession.New(db, gormsession.WithUsers()).
type everywhere struct{ sessions *gormsession.Plugin }

func (e everywhere) logOut(c *gin.Context) {
	s := ginsession.Get(c)
	if _, err := e.sessions.EndAll(c.Request.Context(), s.UserID()); err != nil {
		c.AbortWithStatus(http.StatusServiceUnavailable)
		return
	}
	s.Flash("You are logged out everywhere.") // in a new session, which is nobody's
	c.Redirect(http.StatusSeeOther, "/")
}

func (e everywhere) changePassword(c *gin.Context) {
	s := ginsession.Get(c)
	if !s.IsFresh(10 * time.Minute) { // the user may have left his device
		c.String(http.StatusForbidden, "please log in once more")
		return
	}
	id, _ := s.UserIDInt64()
	if err := newPassword(id, c.PostForm("password")); err != nil {
		c.AbortWithStatus(http.StatusInternalServerError)
		return
	}
	// A new key for this device, which the list of devices would forget without the second argument.
	s.LogIn(id, gormsession.Device{Address: c.ClientIP(), Agent: c.Request.UserAgent()})
	if _, err := e.sessions.EndOthers(c.Request.Context(), s); err != nil {
		c.AbortWithStatus(http.StatusServiceUnavailable)
		return
	}
	c.Redirect(http.StatusSeeOther, "/account")
}
