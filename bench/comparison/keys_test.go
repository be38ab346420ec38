package comparison

import (
	"net/http"
	"slices"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/gorilla/securecookie"
)

// A login by the library's own call, or by an entry where it has none, changes the key with scs and
// gormsession alone: who knew the key before it is not logged in.
func TestKeyAtLogin(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		s.handle("/visit", func(c *gin.Context, in session) {
			in.set("cart", "mug")
			s.answer(c, in.save())
		})
		u, planted := s.client(), s.client()
		u.page("/visit")
		known := u.cookie()
		u.page("/login")
		planted.have(known)
		s.is("with the key from before the login", planted.page("/user"), map[string]string{
			ofSCS: "200 user <nil>", ofContrib: "200 user 42", ofGorilla: "200 user 42",
			ours: "200 user <nil>",
		})
	})
}

// The table of gormsession holds no key: with scs a row's key is the cookie, and with the others it
// is what the cookie signs.
func TestKeysInTheTable(t *testing.T) {
	t.Parallel()
	each(t, func(s *site) {
		u := s.user()
		got := "hashed"
		if slices.Contains(s.keys(), u.cookie()) {
			got = "the cookie"
		} else if s.name != ours && s.signs(u.cookie()) == s.keys()[0] {
			got = "signed in the cookie"
		}
		s.is("the row's key is", got, map[string]string{
			ofSCS: "the cookie", ofContrib: "signed in the cookie", ofGorilla: "signed in the cookie",
			ours: "hashed",
		})
	})
}

// have gives the client a cookie.
func (c *client) have(value string) {
	req, err := http.NewRequest(http.MethodGet, c.base, nil)
	if err != nil {
		c.Fatal(err)
	}
	c.Jar.SetCookies(req.URL, []*http.Cookie{{Name: cookieName, Value: value, Path: "/"}})
}

// signs is what a signed cookie says.
func (s *site) signs(cookie string) (key string) {
	err := securecookie.DecodeMulti(cookieName, cookie, &key, securecookie.CodecsFromPairs(secret)...)
	if err != nil {
		s.Error(err)
	}
	return key
}
