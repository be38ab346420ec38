package recipes

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/sessiontest"
)

// An agent says who it is.
type agent struct {
	http.RoundTripper
	name string
}

func (a agent) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("User-Agent", a.name)
	return a.RoundTripper.RoundTrip(r)
}

// A user sees where he is logged in, and ends what he does not know, and nobody else's.
func TestDevices(t *testing.T) {
	plugin := sessions(t, gormsession.WithUsers())
	d := devices{plugin}
	visitor := site(t, plugin, func(r *gin.Engine) {
		r.POST("/login", d.logIn)
		pages := known(r)
		pages.GET("/devices", d.list)
		pages.POST("/devices/end", d.end)
	})
	on := func(name string) *sessiontest.Client {
		c := visitor.Another()
		c.Transport = agent{c.Transport, name}
		post(t, c, "/login", "name", "ann", "password", "correct horse")
		return c
	}
	laptop, phone := on("laptop"), on("phone")
	bob := visitor.Another().LogIn(43)

	var logins []gormsession.UserLogin
	if err := json.Unmarshal([]byte(get(t, laptop, "/devices")), &logins); err != nil {
		t.Fatal(err)
	}
	handles := map[string]string{}
	for _, l := range logins {
		handles[l.Agent] = l.Handle
		if l.Current != (l.Agent == "laptop") {
			t.Errorf("that the laptop asks from the %s is %t", l.Agent, l.Current)
		}
	}
	if len(handles) != 2 {
		t.Fatalf("the devices are %v", logins)
	}
	want(t, post(t, bob, "/devices/end", "handle", handles["phone"]), "404 ")
	want(t, get(t, phone, "/account"), "user 42")
	post(t, laptop, "/devices/end", "handle", handles["phone"])
	want(t, get(t, phone, "/account"), "401 please log in")
	want(t, get(t, laptop, "/account"), "user 42")
	want(t, post(t, visitor, "/devices/end", "handle", handles["laptop"]), "401 please log in")
}

// A logout everywhere ends each session of the user, and no other; a new password ends those on
// other devices.
func TestLogOutEverywhere(t *testing.T) {
	clock := sessiontest.NewClock()
	plugin := sessions(t, gormsession.WithUsers(), clock.Option())
	e := everywhere{plugin}
	visitor := site(t, plugin, func(r *gin.Engine) {
		pages := known(r)
		pages.POST("/everywhere", e.logOut)
		pages.POST("/password", e.changePassword)
	})
	bob := visitor.Another().LogIn(43)
	laptop, phone := visitor.Another().LogIn(42), visitor.Another().LogIn(42)
	laptop.With(map[string]any{"cart": "tea"})

	want(t, post(t, laptop, "/password", "password", "battery staple"), "user 42")
	want(t, get(t, phone, "/account"), "401 please log in")
	if got := laptop.Entries()["cart"]; got != "tea" {
		t.Errorf("the cart holds %v", got)
	}
	if logins, err := plugin.Sessions(t.Context(), 42); len(logins) != 1 || logins[0].Agent == "" {
		t.Errorf("the devices are %+v, %v", logins, err)
	}
	clock.Advance(11 * time.Minute)
	want(t, post(t, laptop, "/password", "password", "hm"), "403 please log in once more")

	phone.LogIn(42)
	want(t, post(t, phone, "/everywhere"), "[You are logged out everywhere.]")
	want(t, get(t, phone, "/account"), "401 please log in")
	want(t, get(t, laptop, "/account"), "401 please log in")
	want(t, get(t, bob, "/account"), "user 43")
}
