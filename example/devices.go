package main

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// freshFor is how long after a login the password is not asked for again.
const freshFor = 10 * time.Minute

// afterLogin is where a login leads, if not to the account. It is the shop that
// writes it: a path from a form could lead to any site in the world.
const afterLogin = ginsession.Field[string]("next")

// devices are the pages where people see where they are logged in, and end it.
type devices struct{ sessions *gormsession.Plugin }

func (d devices) list(c *gin.Context) {
	// The context of the request tells which of them is this one.
	logins, err := d.sessions.Sessions(c.Request.Context(), ginsession.Get(c).UserID())
	if err != nil {
		showUnavailable(c, err)
		return
	}
	show(c, http.StatusOK, "devices.html", gin.H{"Title": "Your devices", "Logins": logins})
}

// end logs one device out. The handle is what a form says, so the user is named
// too: that of somebody else's session ends nothing.
func (d devices) end(c *gin.Context) {
	ended, err := d.sessions.End(
		c.Request.Context(), ginsession.Get(c).UserID(), c.PostForm("handle"))
	switch {
	case err != nil:
		showUnavailable(c, err)
		return
	case ended:
		tell(c, "That device is logged out.")
	default:
		warn(c, "That device is not logged in any more.")
	}
	c.Redirect(http.StatusSeeOther, "/account/devices")
}

func (d devices) endOthers(c *gin.Context) {
	n, err := d.sessions.EndOthers(c.Request.Context(), ginsession.Get(c))
	if err != nil {
		showUnavailable(c, err)
		return
	}
	tell(c, fmt.Sprintf("You are logged in here alone. Logged out elsewhere: %d.", n))
	c.Redirect(http.StatusSeeOther, "/account/devices")
}

// askAgain has somebody prove who he is before he ends what others may be using:
// a browser that was left open for a minute does not throw its owner out.
func askAgain(c *gin.Context) {
	afterLogin.Set(ginsession.Get(c), "/account/devices")
	warn(c, "Please give your password again first.")
	c.Redirect(http.StatusSeeOther, "/login")
}

// browsers and systems are told by what their User-Agent has. The first that fits
// counts: Edge says that it is Chrome as well, Chrome that it is Safari, and
// Android that it is Linux.
var (
	browsers = [][2]string{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},
		{"Chrome/", "Chrome"}, {"CriOS/", "Chrome"}, {"Safari/", "Safari"},
	}
	systems = [][2]string{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"},
		{"Macintosh", "Mac"}, {"CrOS", "Chromebook"}, {"Linux", "Linux"},
	}
)

// deviceName is what its owner might call a device: a guess, beside which the
// list has the address and the time.
func deviceName(agent string) string {
	browser, system := firstIn(agent, browsers), firstIn(agent, systems)
	if browser == "" || system == "" {
		return cmp.Or(agent, "Something without a name")
	}
	return browser + " on " + system
}

func firstIn(agent string, names [][2]string) string {
	for _, n := range names {
		if strings.Contains(agent, n[0]) {
			return n[1]
		}
	}
	return ""
}
