package django

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/ginsession"
)

// A GuardOption changes one setting of [RequireLogin].
type GuardOption func(*guard)

type guard struct {
	lookup   Lookup
	loginURL *url.URL
}

// WithLoginURL sends who is not logged in to that page (Django's LOGIN_URL), with
// the page that was asked for in the query as next: its path, whose leading slashes
// are escaped, or its whole address where the login page is on another host or has
// another scheme. The login page must check that next belongs to the site before it
// redirects there. The default is a 401.
func WithLoginURL(address string) GuardOption {
	u, err := url.Parse(address)
	if err != nil || address == "" {
		panic(
			"gormsession: django.WithLoginURL needs the address of the login page, such as /accounts/login/",
		)
	}
	return func(g *guard) { g.loginURL = u }
}

// RequireLogin is a gin middleware for pages that need a user, to be mounted after
// the session's own. It lets in who is logged in, by whichever side, and has
// [CurrentUser] return the user to the handlers inside. Everybody else gets 401, or
// is sent to the page of [WithLoginURL], as with Django's login_required. A
// session that cannot be loaded, and an error of lookup, are answered with 503.
// What it makes of the session is said at [GetUser].
func RequireLogin(lookup Lookup, opts ...GuardOption) gin.HandlerFunc {
	if lookup == nil {
		panic(
			"gormsession: django.RequireLogin needs a function that finds the user of an ID, not nil",
		)
	}
	g := guard{lookup: lookup}
	for _, opt := range opts {
		opt(&g)
	}
	return g.handle
}

func (g guard) handle(c *gin.Context) {
	s := ginsession.Get(c)
	user, ok, err := GetUser(c.Request.Context(), s, g.lookup)
	switch {
	case err != nil:
		if s.Err() == nil { // the session reports its own
			_ = c.Error(err)
		}
		c.AbortWithStatus(http.StatusServiceUnavailable)
	case ok:
		c.Set(userKey{}, user)
	case g.loginURL != nil:
		c.Redirect(http.StatusFound, withNext(*g.loginURL, c.Request))
		c.Abort()
	default:
		c.AbortWithStatus(http.StatusUnauthorized)
	}
}

// userKey is where a gin.Context has its user.
type userKey struct{}

// CurrentUser returns the user whom [RequireLogin] has let in, with the Row of its
// lookup. It panics where that is not mounted on the route.
func CurrentUser(c *gin.Context) User {
	user, ok := c.Get(userKey{})
	if !ok {
		panic(
			"gormsession: django.CurrentUser found no user: mount django.RequireLogin before the route",
		)
	}
	return user.(User)
}
