package main

import (
	"encoding/json"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/ginsession"
)

// tell and warn leave a message for the next page, which shows it once. It
// waits in the session, so it survives the redirect in between.
func tell(c *gin.Context, text string) {
	ginsession.Get(c).Flash(gin.H{"kind": "status", "text": text})
}

func warn(c *gin.Context, text string) {
	ginsession.Get(c).Flash(gin.H{"kind": "alert", "text": text})
}

// show renders a page: what the handler gives, and what every page has.
//
// Reading the messages changes the session while the page is being written.
// That is fine: the response is held until the handler returns, then the
// session is saved, then both go out.
func show(c *gin.Context, status int, name string, data gin.H) {
	s := ginsession.Get(c)
	data["User"] = displayName(userField.Or(s, ""))
	data["InCart"] = cartField.Or(s, nil).count()
	data["Messages"] = s.Flashes()
	data["Session"] = describe(s)
	c.HTML(status, name, data)
}

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
		Days:           int(s.ExpiryAge().Hours() / 24),
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

func displayName(name string) string {
	for _, u := range users {
		if u.Name == name {
			return u.Display
		}
	}
	return ""
}
