package recipes

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/ginsession"
)

// An attempt is a login on its way to the provider and back. Each tab has one of its own.
type attempt struct {
	Verifier string
	Begun    time.Time
}

const attempts = "oauth "

// oauth knows a provider, by two calls of golang.org/x/oauth2.
type oauth struct {
	authCodeURL func(state, verifier string) string // S256ChallengeOption(verifier)
	exchange    func(ctx context.Context, code, verifier string) (user string, err error)
	now         func() time.Time
}

func (o oauth) begin(c *gin.Context) {
	s := ginsession.Get(c)
	for _, name := range s.Keys() {
		if strings.HasPrefix(name, attempts) {
			f := ginsession.Field[attempt](name)
			if a, ok := f.Get(s); ok && o.isOver(a) {
				f.Delete(s)
			}
		}
	}
	state, verifier := rand.Text(), rand.Text()+rand.Text()
	ginsession.Field[attempt](attempts+state).Set(s, attempt{verifier, o.now()})
	c.Redirect(http.StatusSeeOther, o.authCodeURL(state, verifier))
}

func (o oauth) callback(c *gin.Context) {
	s := ginsession.Get(c)
	a, ok := ginsession.Field[attempt](attempts + c.Query("state")).Take(s) // gone when it returns
	if !ok || o.isOver(a) {
		c.String(http.StatusForbidden, "this login has not begun here, or was completed already")
		return
	}
	user, err := o.exchange(c.Request.Context(), c.Query("code"), a.Verifier)
	if err != nil {
		c.String(http.StatusBadGateway, "the provider has not confirmed the login")
		return
	}
	s.LogIn(user)
	c.Redirect(http.StatusSeeOther, "/account")
}

func (o oauth) isOver(a attempt) bool { return o.now().Sub(a.Begun) > 10*time.Minute }
