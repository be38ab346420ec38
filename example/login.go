package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

// remembered is how long "Remember me" keeps somebody logged in.
const remembered = 30 * 24 * time.Hour

// user is somebody who may log in. A real shop has them in a table, with
// passwords hashed by bcrypt or argon2id; here they stand on the page.
type user struct{ Name, Display, Password string }

var users = []user{
	{"ada", "Ada", "analytical-engine"},
	{"grace", "Grace", "first-actual-bug"},
}

// standIn is who is asked for the password where nobody has the name, so that an
// unknown name takes as long to refuse as a wrong password. With bcrypt or
// argon2id it is a hash of something random, made with the parameters of today.
var standIn = user{Password: "nobody's"}

// authenticate returns the user with that name and password. It compares in
// constant time, so that how long a refusal takes tells nothing about how much
// of a password was right; the hashes give both sides the same length.
func authenticate(name, password string) (user, bool) {
	u, known := userByName(name)
	if !known {
		u = standIn
	}
	want, got := sha256.Sum256([]byte(u.Password)), sha256.Sum256([]byte(password))
	right := subtle.ConstantTimeCompare(want[:], got[:]) == 1
	return u, known && right
}

func userByName(name string) (user, bool) {
	for _, u := range users {
		if u.Name == name {
			return u, true
		}
	}
	return user{}, false
}

// currentUser returns who is logged in. The session has the name alone: what a
// user may do is asked from the users' table at each request, or it would be out
// of date. Who has been taken from the table since is nobody.
func currentUser(c *gin.Context) (user, bool) {
	return userByName(ginsession.Get(c).UserID())
}

// showLogin is also for who has been logged in for a while, and is asked again:
// see askAgain. The form begins with what was said at that login.
func showLogin(c *gin.Context) {
	s := ginsession.Get(c)
	u, known := currentUser(c)
	if known && s.IsFresh(freshFor) {
		c.Redirect(http.StatusSeeOther, "/account")
		return
	}
	showLoginForm(c, http.StatusOK, gin.H{
		"Name": u.Name, "Remember": known && !s.BrowserSession()})
}

func showLoginForm(c *gin.Context, status int, data gin.H) {
	data["Title"], data["Users"] = "Log in", users
	show(c, status, "login.html", data)
}

// logIn answers a refusal with the form again, the name still in it: no redirect
// with a message, which would begin a session for whoever guesses passwords. A
// real shop also counts failures, by name and by address, and slows them down.
func logIn(c *gin.Context) {
	name := c.PostForm("name")
	u, ok := authenticate(name, c.PostForm("password"))
	if !ok {
		showLoginForm(c, http.StatusUnprocessableEntity, gin.H{
			"Alert":    "That name and password do not fit together.",
			"Name":     name,
			"Remember": c.PostForm("remember") != "",
		})
		return
	}
	s := ginsession.Get(c)
	// A new key for the same entries. Whoever knew the key from before, or planted
	// it, does not get into the session that is logged in now. If somebody else was
	// logged in, that session ends: their cart is not yours.
	s.LogIn(u.Name, gormsession.Device{Address: c.ClientIP(), Agent: c.Request.UserAgent()})
	if c.PostForm("remember") != "" {
		s.SetExpiry(remembered)
	} else {
		s.SetBrowserSession() // the cookie goes when the browser closes
	}
	tell(c, "Welcome, "+u.Display+".")
	where, asked := afterLogin.Pop(s)
	if !asked {
		where = "/account"
	}
	c.Redirect(http.StatusSeeOther, where)
}

// logInAgain is for a double click on "Log in": both forms bring the same key, one
// login gives the session a new one, and the other has lost its session. Its browser
// sends that form once more, which finds no session and begins its own.
func logInAgain(w http.ResponseWriter, r *http.Request, err error) bool {
	if errors.Is(err, gormsession.ErrInterrupted) && r.URL.Path == "/login" {
		http.Redirect(w, r, "/login", http.StatusTemporaryRedirect)
	}
	return true // anything else gets the default answer
}

// logOut deletes the row and the cookie. It leads to a page that stores nothing,
// so that you can see that nothing is left; a flash would begin a new session.
func logOut(c *gin.Context) {
	ginsession.Get(c).LogOut()
	c.Redirect(http.StatusSeeOther, "/bye")
}

func bye(c *gin.Context) {
	show(c, http.StatusOK, "message.html", gin.H{
		"Title": "See you soon",
		"Text":  "You are logged out. Your session's row and its cookie are gone.",
	})
}

// requireUser sends everybody who is not logged in to do so. What comes after it
// is for one person's eyes, so no cache keeps it: see show.
func requireUser(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	if _, ok := currentUser(c); !ok {
		warn(c, "Please log in first.")
		c.Redirect(http.StatusSeeOther, "/login")
		c.Abort()
	}
}

func showAccount(c *gin.Context) {
	lines, total := cartField.Or(ginsession.Get(c), nil).lines()
	show(c, http.StatusOK, "account.html", gin.H{
		"Title": "Your account", "Lines": lines, "Total": total})
}

// placeOrder empties the cart. A real shop writes the order to its own table.
func placeOrder(c *gin.Context) {
	if items, _ := cartField.Pop(ginsession.Get(c)); items.count() > 0 {
		tell(c, "Thank you! Nothing was charged, and nothing will arrive.")
	} else {
		warn(c, "Your cart is empty.")
	}
	c.Redirect(http.StatusSeeOther, "/account")
}
