package main

import (
	"encoding/json"
	"io/fs"
	"log"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/ginsession"
)

// tell and warn leave a message for the next page, which shows it once. It
// waits in the session, so it survives the redirect in between.
func tell(c *gin.Context, text string) {
	ginsession.Get(c).Flash(gin.H{"kind": "status", "text": text})
}

// warn begins no session, or whoever knocks at closed doors would fill the table.
func warn(c *gin.Context, text string) {
	if s := ginsession.Get(c); s.Len() > 0 {
		s.Flash(gin.H{"kind": "alert", "text": text})
	}
}

// show renders a page: what the handler gives, and what every page has.
//
// Reading the messages changes the session while the page is being written.
// That is fine: the response is held until the handler returns, then the
// session is saved, then both go out.
func show(c *gin.Context, status int, name string, data gin.H) {
	s := ginsession.Get(c)
	user, known := currentUser(c)
	if known {
		// Browsers keep pages for their Back button too, and would show this one
		// after the logout, to whoever sits there next.
		c.Header("Cache-Control", "no-store")
	}
	data["User"] = user.Display
	data["InCart"] = cartField.Or(s, nil).count()
	data["Messages"] = s.Flashes()
	data["Session"] = describe(s)
	c.HTML(status, name, data)
}

// showUnavailable is for what the database does not answer while the session was
// there. Nothing of the session is saved with a 503: its messages wait on.
func showUnavailable(c *gin.Context, err error) {
	log.Printf("%s: %v", c.FullPath(), err)
	show(c, http.StatusServiceUnavailable, "message.html", gin.H{
		"Title": "Back in a minute",
		"Text":  "The shop cannot reach its database. Please try again soon.",
	})
}

// showAsset serves one of the embedded files, and no list of them.
func showAsset(c *gin.Context) {
	name := "assets/" + c.Param("file")
	if info, err := fs.Stat(files, name); err != nil || info.IsDir() {
		c.String(http.StatusNotFound, "There is no such file.")
		return
	}
	c.FileFromFS(name, http.FS(files))
}

const day = 24 * time.Hour

// panel is what the page tells about its own session. The key is not in it: who
// has the key has the session, so it belongs in the cookie and nowhere else.
// The handle is a name for the session that logs and support may see.
type panel struct {
	Handle         string
	Empty          bool
	Modified       bool
	BrowserSession bool
	Days           int // that it lives from its last change on
	Entries        []entry
}

// entry is one entry of the session as JSON, the form in which it is stored.
type entry struct{ Name, Value string }

func describe(s *ginsession.State) panel {
	p := panel{
		Handle:         s.Handle(),
		Empty:          s.IsEmpty(),
		Modified:       s.Modified(),
		BrowserSession: s.BrowserSession(),
		Days:           int(s.ExpiryAge().Round(day) / day),
	}
	for name, value := range s.All() {
		text, err := json.Marshal(value)
		if err != nil {
			text = []byte("?") // a NaN, which the shop never sets
		}
		p.Entries = append(p.Entries, entry{name, string(text)})
	}
	return p
}
